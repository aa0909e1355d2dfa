// What a request's query says, and lists in pages: `limit` and `cursor` in, `next` out.
// docs/spec/admin-api.md. Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "server/call.h"

namespace otter::server {

constexpr size_t kPageSize = 100;  // [items] unless `limit` says another
constexpr size_t kPageSizeMax = 1000;

// A misspelt filter must not count as none.
//
// Errors: HttpError bad_query (another parameter than these)
void allow_parameters(const Call& call, std::initializer_list<const char*> names);

// The parameter's text; empty if it is missing.
std::string parameter(const Call& call, const char* name);
// Errors: HttpError bad_query (no whole number from `minimum` to `maximum`)
std::optional<int64_t> integer_parameter(const Call& call, const char* name, int64_t minimum,
                                         int64_t maximum);

// The product that `product` names; empty if it is missing. A misspelt one must not count as one
// without anything.
//
// Errors: HttpError bad_query (there is none of that name)
std::string product_parameter(const Call& call);

// Where an item stands in its list: what the list is ordered by, as texts without line breaks.
using Place = std::vector<std::string>;

// Which items are asked for.
struct Page {
  size_t limit = kPageSize;
  Place after;  // the last item of the page before; empty: from the start

  // One more than the page has: if it is there, there is a next page.
  size_t count_to_read() const { return limit + 1; }
};

// Of the list `name`, whose places have `parts` parts.
//
// Errors: HttpError bad_query (`limit`, or a cursor that is none of this list's)
Page read_page(const Call& call, const char* name, size_t parts);

// A cursor's part as a number. Errors: HttpError bad_query (it is none, or above `maximum`)
uint64_t number_in(const std::string& part, uint64_t maximum);

// What goes on after `place`: opaque to clients.
std::string cursor_after(const char* name, const Place& place);

// The items of a page as `show` shows each, and the cursor of the next page, or null.
struct ShownPage {
  boost::json::array items;
  boost::json::value next;
};

template <typename Item, typename Show, typename PlaceOf>
ShownPage show_page(const Page& page, const char* name, const std::vector<Item>& items, Show show,
                    PlaceOf place_of) {
  ShownPage shown;
  for (const Item& item : items) {
    if (shown.items.size() == page.limit) break;
    shown.items.push_back(show(item));
  }
  if (items.size() > page.limit) {
    shown.next = boost::json::string(cursor_after(name, place_of(items[page.limit - 1])));
  }
  return shown;
}

// {"<name>": items, "next": cursor or null}
Response page_response(const char* name, ShownPage page);

}  // namespace otter::server
