// What the store keeps of the cluster, in little room: the fields of an object in one run of bytes, without the
// pointers, spare capacity and tree nodes that they have as values. There are thousands, and few are looked at at a
// time. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "holdfast/core/claim.hpp"

namespace holdfast::generator {

template <class Value>
class Packed {
 public:
  using Place = std::pair<std::string_view, std::string_view>;  ///< namespace, name

  explicit Packed(const Value& value);

  /// The same value again, field by field.
  Value unpack() const;
  /// Read where it lies: good as long as this is.
  Place place() const;
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

extern template class Packed<core::Observed>;
extern template class Packed<core::Claim>;

using PackedObject = Packed<core::Observed>;
using PackedClaim = Packed<core::Claim>;
using Place = PackedObject::Place;

/// Orders by namespace, then name; finds by them too.
struct ByPlace {
  using is_transparent = void;
  static const Place& place(const Place& place) { return place; }
  template <class Value>
  static Place place(const Packed<Value>& packed) {
    return packed.place();
  }
  bool operator()(const auto& a, const auto& b) const { return place(a) < place(b); }
};

}  // namespace holdfast::generator
