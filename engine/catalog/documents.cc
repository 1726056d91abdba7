#include "engine/catalog/documents.h"

#include <utility>

namespace perdure::engine {

Documents::Documents(std::string kind, DocumentWriter& writer)
    : kind_(std::move(kind)), writer_(writer) {}

Result<> Documents::load(Store& store) {
  PD_TRY(stored, store.documents(kind_));
  const std::lock_guard lock(mutex_);
  for (Document& document : stored) {
    Key key{document.tenant.account, document.tenant.region, document.name};
    documents_.insert_or_assign(std::move(key), std::move(document));
  }
  return {};
}

std::optional<Document> Documents::find(const Tenant& tenant, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(Key{tenant.account, tenant.region, name});
  if (found == documents_.end()) return std::nullopt;
  return found->second;
}

std::optional<int64_t> Documents::revision(const Tenant& tenant, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(Key{tenant.account, tenant.region, name});
  if (found == documents_.end()) return std::nullopt;
  return found->second.revision;
}

std::vector<Document> Documents::list(const Tenant& tenant) const {
  std::vector<Document> found;
  const std::lock_guard lock(mutex_);
  for (auto at = documents_.lower_bound(Key{tenant.account, tenant.region, ""});
       at != documents_.end() && at->second.tenant == tenant; ++at) {
    found.push_back(at->second);
  }
  return found;
}

std::vector<Document> Documents::all() const {
  std::vector<Document> found;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, document] : documents_) found.push_back(document);
  return found;
}

void Documents::put(const Tenant& tenant, std::string name, std::string json,
                    std::optional<int64_t> expected_revision,
                    std::function<void(Result<int64_t>)> done) {
  DocumentWrite write;
  write.document = {kind_, tenant, std::move(name), std::move(json)};
  write.expected_revision = expected_revision;
  submit(std::move(write), std::move(done));
}

void Documents::remove(const Tenant& tenant, std::string name,
                       std::optional<int64_t> expected_revision,
                       std::function<void(Result<int64_t>)> done) {
  DocumentWrite write;
  write.document = {kind_, tenant, std::move(name), ""};
  write.remove = true;
  write.expected_revision = expected_revision;
  submit(std::move(write), std::move(done));
}

void Documents::submit(DocumentWrite write, std::function<void(Result<int64_t>)> done) {
  writer_.write(write, [this, write, done = std::move(done)](Result<int64_t> revision) {
    if (revision) settle(write, *revision);
    done(std::move(revision));
  });
}

// Outcomes may arrive out of order: an older revision never replaces a newer one.
void Documents::settle(const DocumentWrite& write, int64_t revision) {
  const Document& document = write.document;
  Key key{document.tenant.account, document.tenant.region, document.name};
  const std::lock_guard lock(mutex_);
  const auto known = documents_.find(key);
  if (known != documents_.end() && known->second.revision > revision) return;
  if (write.remove) {
    if (known != documents_.end()) documents_.erase(known);
    return;
  }
  Document stored = document;
  stored.revision = revision;
  documents_.insert_or_assign(std::move(key), std::move(stored));
}

}  // namespace perdure::engine
