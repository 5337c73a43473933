#!/usr/bin/env python3
"""Holds the layers: which folder may include what. The table LAYERS below is the rule.

Usage: tools/check_layers.py [ROOT]     exit code 1 if an include breaks the rule
"""

import re
import sys
from pathlib import Path

CLUSTER_LIBRARIES = ("caf curl openssl@cluster/transport/tls_session.cpp "
                     "json@cluster/coordinator/etcd_json.cpp")
HTTP_LIBRARIES = ("pistache beast json openssl prometheus caf-handles "
                  "simdjson@http/quick_json.cpp")

# Per folder: the project's folders it may include, the libraries it may include, and why.
# "tools" and "tests" may include everything. A library in a single file is
# `simdjson@http/quick_json.cpp`.
LAYERS = {
    # folder     project folders           libraries
    "base":     ("",                      ""),
    "domain":   ("base",                  ""),
    "storage":  ("domain base",           "rocksdb"),
    "cluster":  ("storage domain base",   CLUSTER_LIBRARIES),
    "actors":   ("cluster domain base",   "caf"),
    "http":     ("actors domain base web", HTTP_LIBRARIES),
    "web":      ("",                      ""),
}
UNBOUND = ("tools", "tests")
REASONS = {
    "base": "base stands below everything, with the standard library alone",
    "domain": "domain is pure: no I/O, clock, randomness, logging, threads or JSON",
    "storage": "only storage knows RocksDB, and it knows nothing of cluster, actors or HTTP",
    "cluster": "never HTTP; TLS between nodes is one file, and so is the JSON of etcd",
    "actors": "actors never see Pistache, RocksDB or JSON",
    "http": "http sees actors' messages and handles, never cluster or storage",
    "web": "web is only the embedded files",
}

# Libraries by the beginning of the included path.
LIBRARIES = {
    "caf/": "caf", "rocksdb/": "rocksdb", "pistache/": "pistache", "nlohmann/": "json",
    "boost/beast": "beast", "boost/asio": "beast", "boost/": "boost", "CLI/": "cli11",
    "prometheus/": "prometheus", "curl/": "curl",
    "openssl/": "openssl", "toml++/": "tomlplusplus", "zlib.h": "zlib",
    "simdjson.h": "simdjson",
}
# All that http/ sees of the actors.
ACTORS_FOR_HTTP = {"actors/api.hpp", "actors/messages.hpp"}
# What an outsider needs to hold an actor and send to it; actors themselves are written in actors/.
CAF_HANDLES = {
    "caf/" + name + ".hpp" for name in
    ("fwd", "actor", "actor_addr", "actor_cast", "actor_system", "allowed_unsafe_message_type",
     "send", "strong_actor_ptr", "typed_actor", "weak_actor_ptr")
}
# Standard and project headers that would make domain/ impure, and names that would do the same.
DOMAIN_HEADERS = set("""condition_variable cstdio ctime filesystem fstream future iomanip ios
    iostream istream mutex ostream random semaphore shared_mutex stop_token thread""".split())
DOMAIN_PROJECT_HEADERS = {"base/log.hpp", "base/random.hpp"}
DOMAIN_NAMES = re.compile(
    r"\b(\w+_clock::now|system_time\s*\(|clock_gettime|std::time\s*\(|std::rand\b|getrandom"
    r"|getenv)")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".hpp", ".cpp", ".h"}


def library_of(header):
    """The library that a header belongs to; None for the standard library and the system."""
    matches = [prefix for prefix in LIBRARIES if header.startswith(prefix)]
    return LIBRARIES[max(matches, key=len)] if matches else None


def is_standard(header):
    return re.fullmatch(r"[a-z_0-9]+", header) is not None


def allowed_libraries(folder, path):
    names = set()
    for entry in LAYERS[folder][1].split():
        name, _, only_file = entry.partition("@")
        if not only_file or only_file == path:
            names.add(name)
    return names


def check_project_include(folder, header):
    target = header.split("/")[0]
    if target not in LAYERS and target not in UNBOUND:
        return f'"{header}" is no path from the root of the project (use <> for libraries)'
    if folder == "domain" and header in DOMAIN_PROJECT_HEADERS:
        return f'domain/ must not include "{header}"'
    if folder == "http" and target == "actors" and header not in ACTORS_FOR_HTTP:
        return f'http/ must not include "{header}"'
    if target != folder and target not in LAYERS[folder][0].split():
        return f'{folder}/ must not include "{header}"'
    return None


def check_library_include(folder, path, header):
    library = library_of(header)
    if library is None:
        if folder == "domain" and (header in DOMAIN_HEADERS or not is_standard(header)):
            return f"domain/ must not include <{header}>"
        return None
    allowed = allowed_libraries(folder, path)
    if library in allowed or (
            library == "caf" and "caf-handles" in allowed and header in CAF_HANDLES):
        return None
    return f"{folder}/ must not include <{header}>"


def check_text(path, text):
    """All breaches in one file, as (line, message); `path` is relative to the root."""
    folder = path.split("/")[0]
    if folder in UNBOUND:
        return []
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include:
            bracket, header = include.groups()
            message = (check_project_include(folder, header) if bracket == '"'
                       else check_library_include(folder, path, header))
        elif folder == "domain" and DOMAIN_NAMES.search(line.split("//")[0]):
            name = DOMAIN_NAMES.search(line).group(1)
            message = f"domain/ must not use {name.rstrip('( ')}"
        else:
            continue
        if message:
            found.append((number, f"{message}: {REASONS[folder]}"))
    return found


def source_files(root):
    for folder in LAYERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                yield path


def main(arguments):
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    files = breaches = 0
    for path in source_files(root):
        files += 1
        name = path.relative_to(root).as_posix()
        for line, message in check_text(name, path.read_text(encoding="utf-8")):
            print(f"{name}:{line}: {message}")
            breaches += 1
    if breaches:
        print(f"layers: {breaches} breach(es); who may include what: tools/check_layers.py")
        return 1
    print(f"layers: {files} files keep the rules")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
