#include "executors/integrations/forward/service_model.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "base/files.h"

namespace perdure::executors {
namespace {

constexpr uint64_t max_model_bytes = 64 << 20;
constexpr size_t head_bytes = 8 << 10;  // the metadata comes first
constexpr std::array<std::string_view, 5> spoken = {"json", "rest-json", "query", "rest-xml",
                                                    "ec2"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return is_upper(c) ? char(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; }

// "Secrets Manager" -> "secretsmanager"
std::string sdk_name_of(std::string_view service_id) {
  std::string out;
  for (const char c : service_id) {
    if (is_letter(c) || is_digit(c)) out += lower(c);
  }
  return out;
}

// Documentation is most of a model.
void strip(Json& json) {
  if (json.is_object()) json.erase("documentation");
  if (json.is_structured()) {
    for (Json& one : json) strip(one);
  }
}

// The value of "serviceId" in the first bytes of a file, without reading the rest.
std::string service_id_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(head_bytes, '\0');
  file.read(head.data(), std::streamsize(head.size()));
  head.resize(size_t(file.gcount()));
  const size_t at = head.find("\"serviceId\"");
  if (at == head.npos) return "";
  const size_t begin = head.find('"', head.find(':', at));
  const size_t end = begin == head.npos ? begin : head.find('"', begin + 1);
  return end == head.npos ? "" : head.substr(begin + 1, end - begin - 1);
}

// What a member may be missing is an empty object, never an invalid reference.
const Json& none() {
  static const Json empty = Json::object();
  return empty;
}

}  // namespace

Result<std::shared_ptr<const ServiceModel>> ServiceModel::parse(std::string_view text) {
  PD_TRY(json, parse_json(text));
  const bool whole = json.is_object() && json.contains("metadata") && json.contains("operations") &&
                     json.contains("shapes");
  if (!whole) return invalid("InvalidModel", "not a service model");
  strip(json);
  auto model = std::make_shared<ServiceModel>();
  model->model_ = std::move(json);
  const Json& metadata = model->model_["metadata"];
  std::vector<std::string> offered = {metadata.value("protocol", "")};
  if (const auto more = metadata.find("protocols"); more != metadata.end()) {
    for (const Json& one : *more) offered.push_back(one.get<std::string>());
  }
  for (const std::string& one : offered) {
    const bool ours = std::find(spoken.begin(), spoken.end(), one) != spoken.end();
    if (ours && model->protocol_.empty()) model->protocol_ = one;
  }
  if (model->protocol_.empty()) {
    return Error{ErrorKind::unsupported, "InvalidModel",
                 "the protocol " + offered.front() + " is not spoken by this server"};
  }
  return std::shared_ptr<const ServiceModel>(std::move(model));
}

std::string ServiceModel::metadata(const char* name) const {
  const Json& metadata = model_["metadata"];
  const auto found = metadata.find(name);
  return found != metadata.end() && found->is_string() ? found->get<std::string>() : "";
}

// Words begin at spaces, hyphens, digits' ends and capitals after small letters; each is written
// with one capital.
std::string ServiceModel::display_name() const {
  std::string id = metadata("serviceId");
  if (id.empty()) id = metadata("endpointPrefix");
  std::string out;
  bool begins = true;
  for (size_t i = 0; i < id.size(); ++i) {
    const char c = id[i];
    if (!is_letter(c) && !is_digit(c)) {
      begins = true;
      continue;
    }
    const char before = i > 0 ? id[i - 1] : ' ';
    const char after = i + 1 < id.size() ? id[i + 1] : ' ';
    const bool ends_capitals = is_upper(before) && is_upper(c) && after >= 'a' && after <= 'z';
    begins = begins || (is_upper(c) && !is_upper(before)) || ends_capitals;
    out += begins ? upper(c) : lower(c);
    begins = is_digit(c);
  }
  return out;
}

std::string ServiceModel::signing_name() const {
  const std::string name = metadata("signingName");
  return name.empty() ? metadata("endpointPrefix") : name;
}

const Json* ServiceModel::operation(const std::string& name) const {
  const Json& operations = model_["operations"];
  const auto found = operations.find(name);
  return found == operations.end() ? nullptr : &*found;
}

const Json& ServiceModel::shape(const std::string& name) const {
  const Json& shapes = model_["shapes"];
  const auto found = shapes.find(name);
  return found == shapes.end() ? none() : *found;
}

const Json& ServiceModel::shape_of(const Json& member) const {
  return shape(member.value("shape", ""));
}

std::string upper_first(std::string name) {
  if (!name.empty()) name[0] = upper(name[0]);
  return name;
}

const Json* member_of(const Json& given, const std::string& name) {
  if (!given.is_object() || name.empty()) return nullptr;
  std::string other = upper_first(name);
  if (other == name) other[0] = lower(other[0]);
  for (const std::string* one : std::initializer_list<const std::string*>{&name, &other}) {
    const auto found = given.find(*one);
    if (found != given.end() && !found->is_null()) return &*found;
  }
  return nullptr;
}

const Json* trait(const Json& member, const Json& shape, const char* name) {
  for (const Json* one : {&member, &shape}) {
    const auto found = one->find(name);
    if (found != one->end()) return &*found;
  }
  return nullptr;
}

ModelLibrary::ModelLibrary(std::string folder)
    : folders_(folder.empty() ? std::vector<std::string>(usual_model_folders.begin(),
                                                         usual_model_folders.end())
                              : std::vector<std::string>{std::move(folder)}) {}

void ModelLibrary::index() {
  if (std::exchange(indexed_, true)) return;
  for (const std::string& folder : folders_) index(folder);
}

// Of several versions the last counts; of several folders the first that has the service.
void ModelLibrary::index(const std::string& folder) {
  const auto services = list_directory(folder);
  if (!services) return;
  for (const std::string& service : *services) {
    const auto versions = list_directory(folder + "/" + service);
    if (!versions) continue;
    std::string path;
    for (const std::string& version : *versions) {
      const std::string one = folder + "/" + service + "/" + version + "/service-2.json";
      if (file_exists(one)) path = one;
    }
    if (path.empty()) continue;
    std::string name = sdk_name_of(service_id_of(path));
    if (name.empty()) name = sdk_name_of(service);
    paths_.emplace(std::move(name), std::move(path));
  }
}

Result<std::shared_ptr<const ServiceModel>> ModelLibrary::find(const std::string& sdk_name) {
  const auto known = models_.find(sdk_name);
  if (known != models_.end()) return known->second;
  index();
  const auto path = paths_.find(sdk_name);
  if (path == paths_.end()) {
    std::string looked;
    for (const std::string& folder : folders_) looked += (looked.empty() ? "" : ", ") + folder;
    return Error{ErrorKind::not_found, "ModelNotFound",
                 "There is no model of the service '" + sdk_name + "' in " + looked +
                     ": install botocore's data and name its folder as 'models' in the file of "
                     "--integrations."};
  }
  PD_TRY(text, read_file(path->second, max_model_bytes));
  auto model = ServiceModel::parse(text);
  if (!model) {
    return Error{model.error().kind, model.error().name, path->second + ": " + model.error().cause};
  }
  models_[sdk_name] = *model;
  return model;
}

}  // namespace perdure::executors
