#include "api/cli/package.h"

#include <sys/stat.h>
#include <zip.h>

#include <memory>
#include <vector>

#include "base/files.h"

namespace perdure::api::cli {

namespace {

struct PackagedFile {
  std::string name;  // in the archive
  std::string content;
  bool executable = false;
};

Result<> gather(const std::string& folder, const std::string& prefix,
                std::vector<PackagedFile>& files) {
  PD_TRY(names, list_directory(folder));
  for (const std::string& name : names) {
    if (name.starts_with('.') || name == "__pycache__") continue;
    const std::string path = folder + "/" + name;
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) return system_error("read", path, errno);
    if (S_ISDIR(status.st_mode)) {
      PD_CHECK(gather(path, prefix + name + "/", files));
    } else if (S_ISREG(status.st_mode)) {
      PD_TRY(content, read_file(path));
      files.push_back({prefix + name, std::move(content), (status.st_mode & S_IXUSR) != 0});
    } else {
      return invalid("", path + " is a symbolic link or no plain file: packages cannot have those");
    }
  }
  return {};
}

Error zip_failed(zip_t* archive) {
  return internal_error(std::string("cannot write the package: ") + zip_strerror(archive));
}

Result<> add_files(zip_t* archive, const std::vector<PackagedFile>& files) {
  for (const PackagedFile& file : files) {
    zip_source_t* source = zip_source_buffer(archive, file.content.data(), file.content.size(), 0);
    const zip_int64_t index =
        source == nullptr ? -1 : zip_file_add(archive, file.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      return zip_failed(archive);
    }
    constexpr zip_uint16_t first_day = 1 << 5 | 1;  // 1980-01-01, the format's first
    zip_file_set_dostime(archive, zip_uint64_t(index), 0, first_day, 0);
    const zip_uint32_t mode = S_IFREG | (file.executable ? 0755u : 0644u);
    zip_file_set_external_attributes(archive, zip_uint64_t(index), 0, ZIP_OPSYS_UNIX, mode << 16);
  }
  return {};
}

using Source = std::unique_ptr<zip_source_t, decltype(&zip_source_free)>;

Result<std::string> read_back(zip_source_t* source) {
  zip_stat_t status;
  if (zip_source_stat(source, &status) != 0 || zip_source_open(source) != 0) {
    return internal_error("cannot read the package back");
  }
  std::string bytes(status.size, '\0');
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got != zip_int64_t(bytes.size())) return internal_error("cannot read the package back");
  return bytes;
}

}  // namespace

Result<std::string> package_folder(const std::string& folder) {
  std::vector<PackagedFile> files;
  PD_CHECK(gather(folder, "", files));
  if (files.empty()) return invalid("", folder + " has no files");
  const Source source(zip_source_buffer_create(nullptr, 0, 0, nullptr), &zip_source_free);
  if (!source) return internal_error("no memory for the package");
  zip_source_keep(source.get());  // zip_close gives one reference back
  zip_t* archive = zip_open_from_source(source.get(), ZIP_TRUNCATE, nullptr);
  if (archive == nullptr) {
    zip_source_free(source.get());
    return internal_error("cannot begin the package");
  }
  if (auto added = add_files(archive, files); !added) {
    zip_discard(archive);
    return added.error();
  }
  if (zip_close(archive) != 0) {
    Error error = zip_failed(archive);
    zip_discard(archive);
    return error;
  }
  return read_back(source.get());
}

}  // namespace perdure::api::cli
