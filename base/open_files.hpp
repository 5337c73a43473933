// How many files and connections this process may have open.
#pragma once

namespace taskdriver {

/// Raises the limit to what the system allows: the usual soft one of 1024 is no limit anybody
/// chose, and every connection and every table of the database needs one. Thread: any.
void raise_open_files_limit();

}  // namespace taskdriver
