#include "holdfast/core/edit_distance.hpp"

#include <catch2/catch.hpp>

using holdfast::core::edit_distance;

TEST_CASE("words are as far apart as bytes have to be put in, taken out or changed, either way round") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("photos", "photos") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("photo", "photos") == 1);
  CHECK(edit_distance("timout", "timeout") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("sitting", "kitten") == 3);
}
