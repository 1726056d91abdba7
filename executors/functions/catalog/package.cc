#include "executors/functions/catalog/package.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "executors/functions/sockets.h"

namespace perdure::executors {
namespace {

namespace fs = std::filesystem;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;
struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using EntryFile = std::unique_ptr<zip_file_t, CloseEntry>;

Error broken(std::string_view why) {
  return invalid("InvalidParameterValueException",
                 "Could not unzip uploaded file. Please check your file, then try to upload again. "
                 "(" +
                     std::string(why) + ")");
}

Error too_big() {
  return invalid(
      "InvalidParameterValueException",
      "Unzipped size must be smaller than " + std::to_string(max_unpacked_bytes) + " bytes");
}

// `zip` outlives the archive.
Result<Archive> open_archive(std::string_view zip) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(zip.data(), zip.size(), 0, &error);
  Archive archive(source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error)
                         : nullptr);
  std::string why = archive ? "" : zip_error_strerror(&error);
  if (!archive && source) zip_source_free(source);
  zip_error_fini(&error);
  if (!archive) return broken(why);
  return archive;
}

bool stays_inside(std::string_view name) {
  if (name.empty() || name[0] == '/' || name.find('\\') != name.npos ||
      name.find('\0') != name.npos) {
    return false;
  }
  while (!name.empty()) {
    size_t slash = name.find('/');
    std::string_view part = name.substr(0, slash);
    if (part == ".." || part == ".") return false;
    if (slash == name.npos) break;
    if (part.empty()) return false;
    name.remove_prefix(slash + 1);
  }
  return true;
}

struct Entry {
  zip_uint64_t index = 0;
  std::string name;
  bool is_folder = false;
  bool is_link = false;  // its content is where it leads
  mode_t mode = 0644;
};

Result<Entry> entry_at(zip_t* archive, zip_uint64_t index) {
  zip_stat_t info;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_STRICT, &info) != 0 ||
      !(info.valid & ZIP_STAT_NAME)) {
    return broken("an entry cannot be read");
  }
  Entry entry{.index = index, .name = info.name};
  if (!stays_inside(entry.name))
    return broken("the entry name '" + entry.name + "' is not allowed");
  entry.is_folder = entry.name.back() == '/';
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  zip_file_get_external_attributes(archive, index, 0, &system, &attributes);
  if (system == ZIP_OPSYS_UNIX) {
    mode_t mode = attributes >> 16;
    mode_t type = mode & S_IFMT;
    if (type != 0 && type != S_IFREG && type != S_IFDIR && type != S_IFLNK) {
      return broken("'" + entry.name + "' is neither a file nor a folder");
    }
    entry.is_link = type == S_IFLNK;
    if (mode & 0111) entry.mode = 0755;
  }
  return entry;
}

// Hands the entry's bytes on in pieces; `left` is what the whole package may still unpack to.
template <class Sink>
Result<> read_entry(zip_t* archive, const Entry& entry, uint64_t& left, Sink sink) {
  EntryFile file(zip_fopen_index(archive, entry.index, 0));
  if (!file) return broken("'" + entry.name + "' cannot be read");
  char buffer[65536];
  for (;;) {
    zip_int64_t got = zip_fread(file.get(), buffer, sizeof buffer);
    if (got < 0) return broken("'" + entry.name + "' is damaged");
    if (got == 0) return {};
    if (static_cast<uint64_t>(got) > left) return too_big();
    left -= static_cast<uint64_t>(got);
    PD_CHECK(sink(std::string_view(buffer, static_cast<size_t>(got))));
  }
}

// Up as far as the package reaches, then down: a step up behind a step down could start somewhere
// else than it seems to, behind another link.
bool leads_inside(std::string_view name, std::string_view target) {
  auto depth = std::count(name.begin(), name.end(), '/');
  while (target.starts_with("../")) {
    target.remove_prefix(3);
    if (--depth < 0) return false;
  }
  return stays_inside(target);
}

Result<std::string> link_target(zip_t* archive, const Entry& entry, uint64_t& left) {
  constexpr size_t longest = 4095;
  std::string target;
  PD_CHECK(read_entry(archive, entry, left, [&](std::string_view bytes) -> Result<> {
    if (target.size() + bytes.size() > longest) return broken("a link is too long");
    target += bytes;
    return {};
  }));
  if (!leads_inside(entry.name, target)) {
    return broken("the link '" + entry.name + "' leads outside");
  }
  return target;
}

Result<> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return system_error("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<> unpack_entry(zip_t* archive, const Entry& entry, const std::string& folder,
                      uint64_t& left) {
  std::string path = folder + "/" + entry.name;
  if (entry.is_folder) {
    path.pop_back();
    return make_directories(path);
  }
  PD_CHECK(make_directories(fs::path(path).parent_path().string()));
  if (entry.is_link) {
    PD_TRY(target, link_target(archive, entry, left));
    if (symlink(target.c_str(), path.c_str()) == 0) return {};
    return system_error("create", path, errno);
  }
  // O_EXCL and O_NOFOLLOW: whatever the archive says, only new files are written.
  Descriptor fd(
      open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, entry.mode));
  if (!fd || fchmod(fd.get(), entry.mode) != 0) return system_error("create", path, errno);
  return read_entry(archive, entry, left,
                    [&](std::string_view bytes) { return write_all(fd.get(), bytes, path); });
}

Result<> unpack_all(std::string_view zip, const std::string& folder) {
  PD_TRY(archive, open_archive(zip));
  uint64_t left = max_unpacked_bytes;
  zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    PD_TRY(entry, entry_at(archive.get(), static_cast<zip_uint64_t>(i)));
    PD_CHECK(unpack_entry(archive.get(), entry, folder, left));
  }
  PD_CHECK(open_folders(folder));
  Descriptor root(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root || syncfs(root.get()) != 0) return system_error("sync", folder, errno);
  return {};
}

}  // namespace

Result<> open_folders(const std::string& folder) {
  std::error_code error;
  constexpr auto open_to_all = static_cast<fs::perms>(0755);
  fs::permissions(folder, open_to_all, error);
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (!it->is_symlink() && it->is_directory()) fs::permissions(it->path(), open_to_all, error);
    if (error) break;
  }
  if (error) return system_error("open", folder, error.value());
  return {};
}

Result<uint64_t> check_package(std::string_view zip, std::string_view operation) {
  if (zip.size() > max_package_bytes) {
    return Error{ErrorKind::too_large, "RequestEntityTooLargeException",
                 "Request must be smaller than " + std::to_string(max_package_bytes) +
                     " bytes for the " + std::string(operation) + " operation"};
  }
  if (zip.empty()) {
    return invalid("InvalidParameterValueException", "Uploaded file must be a non-empty zip");
  }
  PD_TRY(archive, open_archive(zip));
  zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  if (count <= 0) {
    return invalid("InvalidParameterValueException", "Uploaded file must be a non-empty zip");
  }
  uint64_t left = max_unpacked_bytes;
  std::set<std::string> names;
  std::vector<std::string> leaves;
  for (zip_int64_t i = 0; i < count; ++i) {
    PD_TRY(entry, entry_at(archive.get(), static_cast<zip_uint64_t>(i)));
    std::string name = entry.name;
    while (name.ends_with('/')) name.pop_back();
    if (!names.insert(name).second) return broken("'" + name + "' is there twice");
    if (entry.is_folder) continue;
    leaves.push_back(name + "/");
    if (entry.is_link) {
      PD_CHECK(link_target(archive.get(), entry, left));
      continue;
    }
    PD_CHECK(read_entry(archive.get(), entry, left, [](std::string_view) { return Result<>(); }));
  }
  for (const std::string& leaf : leaves) {
    const auto below = names.lower_bound(leaf);
    if (below != names.end() && below->starts_with(leaf)) {
      return broken("'" + *below + "' lies behind a link or a file");
    }
  }
  return max_unpacked_bytes - left;
}

Result<> unpack_package(std::string_view zip, const std::string& folder) {
  if (file_exists(folder)) return {};
  std::string partial = folder + ".partial-" + std::to_string(getpid()) + "-" +
                        std::to_string(reinterpret_cast<uintptr_t>(&zip));
  PD_CHECK(remove_directory(partial));
  PD_CHECK(make_directories(partial));
  Result<> unpacked = unpack_all(zip, partial);
  if (unpacked && rename(partial.c_str(), folder.c_str()) != 0 && errno != EEXIST &&
      errno != ENOTEMPTY) {
    unpacked = system_error("rename", partial, errno);
  }
  (void)remove_directory(partial);  // left over only if another was faster, or nothing worked
  PD_CHECK(std::move(unpacked));
  return sync_directory(fs::path(folder).parent_path().string());
}

Result<FolderDigest> digest_folder(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->path().filename() == "__pycache__")
      it.disable_recursion_pending();
    else if (it->is_regular_file())
      files.push_back(it->path().lexically_relative(folder).string());
  }
  if (error) {
    return invalid("InvalidParameterValueException", folder + " is not a folder with code in it");
  }
  std::sort(files.begin(), files.end());
  FolderDigest digest;
  std::string hashes;
  for (const std::string& file : files) {
    PD_TRY(content, read_file(folder + "/" + file, max_unpacked_bytes));
    digest.bytes += content.size();
    if (digest.bytes > max_unpacked_bytes) return too_big();
    hashes += file + "\n" + hex(sha256(content)) + "\n";
  }
  Sha256 all = sha256(hashes);
  digest.sha256.assign(reinterpret_cast<const char*>(all.data()), all.size());
  return digest;
}

}  // namespace perdure::executors
