#include "executors/functions/catalog/qualifier_settings.h"

namespace perdure::executors {
namespace {

std::string document_name(const FunctionName& name) {
  return name.name + ":" + (name.qualifier.empty() ? "$LATEST" : name.qualifier);
}

FunctionName name_of(const engine::Document& document) {
  const size_t colon = document.name.find(':');
  return {document.tenant, document.name.substr(0, colon),
          colon == std::string::npos ? "$LATEST" : document.name.substr(colon + 1)};
}

Json settings_of(const engine::Document& document) {
  auto json = parse_json(document.json);
  return json ? std::move(*json) : Json::object();
}

std::function<void(Result<int64_t>)> without_revision(Done<bool> done) {
  return [done = std::move(done)](Result<int64_t> revision) {
    if (!revision) return done(revision.error());
    done(true);
  };
}

}  // namespace

std::optional<Json> QualifierSettings::find(const FunctionName& name) const {
  const auto document = documents_.find(name.tenant, document_name(name));
  if (!document) return std::nullopt;
  return settings_of(*document);
}

std::vector<std::pair<std::string, Json>> QualifierSettings::list(
    const FunctionName& function) const {
  std::vector<std::pair<std::string, Json>> found;
  for (const engine::Document& document : documents_.list(function.tenant)) {
    const FunctionName name = name_of(document);
    if (name.name == function.name) found.emplace_back(name.qualifier, settings_of(document));
  }
  return found;
}

std::vector<std::pair<FunctionName, Json>> QualifierSettings::all() const {
  std::vector<std::pair<FunctionName, Json>> found;
  for (const engine::Document& document : documents_.all()) {
    found.emplace_back(name_of(document), settings_of(document));
  }
  return found;
}

void QualifierSettings::put(const FunctionName& name, const Json& settings, bool create,
                            Done<bool> done) {
  documents_.put(name.tenant, document_name(name), dump_json(settings),
                 create ? std::optional<int64_t>(0) : std::nullopt,
                 without_revision(std::move(done)));
}

void QualifierSettings::remove(const FunctionName& name, Done<bool> done) {
  documents_.remove(name.tenant, document_name(name), std::nullopt,
                    without_revision(std::move(done)));
}

void QualifierSettings::remove_all(const FunctionName& function, Done<bool> done) {
  const auto left = list(function);
  if (left.empty()) return done(true);
  remove({function.tenant, function.name, left.front().first},
         [this, function, done = std::move(done)](Result<bool> removed) mutable {
           if (!removed) return done(removed.error());
           remove_all(function, std::move(done));
         });
}

}  // namespace perdure::executors
