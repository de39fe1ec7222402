// How far two words are apart, to guess which one was meant.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace holdfast::core {

/// How many bytes have to be put in, taken out or changed to make one of the other. Takes as many steps as the product
/// of the lengths: bound them.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace holdfast::core
