// How an object of ours begins and ends: metadata first, the hash of all of it last.
// Pure; any thread.
#pragma once

#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {

/// An object of the installation's own: apiVersion, kind, name, namespace and the label of ours. `ns` empty: it belongs
/// to none.
Object draft(Part part, std::string_view ns, std::string_view name);

/// An object of one PVC: its labels, annotations and owner too. The PVC is no controller of it, and its deletion waits
/// for nothing.
Object draft(Part part, const Subject& subject);

void annotate(Object& object, std::string_view key, std::string_view value);

/// Writes the hash of everything that stands in it: the last step of every builder.
Object sealed(Object object);

/// jsoncpp has no string_view.
inline Json::Value text(std::string_view value) { return {value.data(), value.data() + value.size()}; }
inline Json::Value& member(Json::Value& object, std::string_view key) { return object[std::string(key)]; }

}  // namespace holdfast::volsync
