// Runs a fuzz target without libFuzzer: its corpus, then a fixed number of seeded mutations of it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_corpus(const char* folder) {
  std::vector<std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// One to four changes: a byte altered, removed, inserted or repeated, or a piece of another input.
std::string mutate(const std::vector<std::string>& corpus, std::mt19937_64& random) {
  static const std::string telling = {'\r', '\n', ' ', ':', '0', '5', ';', ',', '\0', '\t', 'G'};
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  std::string s = corpus[below(corpus.size())];
  for (std::size_t i = 1 + below(4); i > 0; --i) {
    const std::size_t at = below(s.size() + 1);
    const char c = below(3) == 0 ? static_cast<char>(random()) : telling[below(telling.size())];
    const std::string& other = corpus[below(corpus.size())];
    switch (below(5)) {
      case 0:
        if (at < s.size()) s[at] = c;
        break;
      case 1:
        s.erase(at, 1 + below(8));
        break;
      case 2:
        s.insert(at, 1, c);
        break;
      case 3:
        s.insert(at, s.substr(below(s.size() + 1), below(64)));
        break;
      default:
        s.insert(at, other.substr(below(other.size() + 1)));
        break;
    }
  }
  return s;
}

}  // namespace

/// replay FOLDER [MUTATIONS [SEED]]
int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::vector<std::string> corpus = read_corpus(argv[1]);
  if (corpus.empty()) return 2;
  for (const std::string& input : corpus) run(input);
  const unsigned long mutations = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000;
  const unsigned long seed = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1;
  std::mt19937_64 random(seed);
  for (unsigned long i = 0; i < mutations; ++i) run(mutate(corpus, random));
  std::printf("%zu inputs and %lu mutations, seed %lu\n", corpus.size(), mutations, seed);
}
