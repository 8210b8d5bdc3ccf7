// The exceptions from draft 4, each seen in RapidJSON 1.1.0:
//  - enum takes texts, numbers, true, false and null: lists and objects are compared by a hash
//    that takes {"a":"b"} for {"b":"a"}; for the same reason uniqueItems takes scalar items only;
//  - beside patternProperties, additionalProperties false ends the process, and a schema is
//    taken as an alternative to the pattern's; {"not": {}} does what false should;
//  - a $ref has no company, leads to #/definitions/<name>, and to no definition that contains it:
//    such schemas overflow the stack, or double the work with every level of the value;
//  - every object is compiled as if it were a schema, also the map behind properties. A property
//    called `dependencies` is then read as that keyword, which ends the process on some lists;
//  - multipleOf is a whole number (fractions are divided inexactly), bounds are within 2^53.
#include "messages/schema/schema_subset.hpp"

#include "messages/schema/schema_keywords.hpp"
#include "messages/schema/schema_pattern.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace spec_kitty {

namespace {

constexpr std::size_t max_schema_parts =
    1000; ///< schemas within one, each $ref counted as its target

std::string_view text(const json_value& value) {
  return {value.GetString(), value.GetStringLength()};
}

/// A step further in a JSON pointer.
std::string step(const std::string& where, std::string_view name) {
  std::string path = where == "#" ? "/" : where + "/";
  for (const char c : name)
    path += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return path;
}

/// Calls visit(schema, keyword, name) for every schema directly inside one; `name` is empty or the
/// entry of a map or list.
/// Not by ranges: RapidJSON's own != of two iterators that may change is ambiguous in C++20.
template <class Schema, class Visit>
void each_part(Schema& schema, const Visit& visit) {
  std::for_each_n(schema.MemberBegin(), schema.MemberCount(), [&](auto& entry) {
    const std::string_view keyword = text(entry.name);
    const schema_keyword kind = kind_of(keyword);
    const bool map = kind == schema_keyword::schema_map || kind == schema_keyword::pattern_map ||
                     kind == schema_keyword::dependency_map;
    const bool list = kind == schema_keyword::schema_list || kind == schema_keyword::schema_or_list;
    const bool single = kind == schema_keyword::schema || kind == schema_keyword::schema_or_flag ||
                        kind == schema_keyword::schema_or_list;
    if (map && entry.value.IsObject()) {
      std::for_each_n(entry.value.MemberBegin(), entry.value.MemberCount(), [&](auto& inner) {
        if (kind != schema_keyword::dependency_map || inner.value.IsObject())
          visit(inner.value, keyword, std::string(text(inner.name)));
      });
    } else if (list && entry.value.IsArray()) {
      std::size_t index = 0;
      for (auto& inner : entry.value.GetArray())
        visit(inner, keyword, std::to_string(index++));
    } else if (single && entry.value.IsObject()) {
      visit(entry.value, keyword, std::string());
    }
  });
}

class checker {
public:
  explicit checker(const json_value& root) : root_(root) {}

  std::optional<schema_fault> run() {
    check(root_, "#");
    if (!fault_)
      count(root_);
    if (!fault_ && parts_ > max_schema_parts)
      refuse("#", "a schema of more than 1000 parts is not supported",
             "shorten it; each $ref counts as all that it refers to");
    return fault_;
  }

private:
  void refuse(const std::string& where, const std::string& what, std::string_view remedy) {
    if (!fault_)
      fault_ = schema_fault{where, what, std::string(remedy)};
  }

  void check(const json_value& schema, const std::string& where) {
    if (fault_)
      return;
    if (!schema.IsObject())
      return refuse(where, "a schema that is not an object is not supported",
                    R"(write {} for true and {"not": {}} for false)");
    for (const auto& entry : schema.GetObject())
      check_keyword(schema, text(entry.name), entry.value, step(where, text(entry.name)));
    check_company(schema, where);
    each_part(schema, [&](const json_value& part, std::string_view keyword, const std::string& at) {
      const std::string inside = step(where, keyword);
      check(part, at.empty() ? inside : step(inside, at));
    });
  }

  void check_keyword(const json_value& schema, std::string_view keyword, const json_value& value,
                     const std::string& where) {
    if (fault_)
      return;
    if (const auto found = find_value_fault(keyword, value)) {
      fault_ = schema_fault{where, found->what, found->remedy};
      return;
    }
    switch (kind_of(keyword)) {
    case schema_keyword::base:
      if (&schema != &root_)
        refuse(where, "the keyword " + std::string(keyword) + " inside a schema is not supported",
               "leave it out: it moves what $ref refers to");
      return;
    case schema_keyword::reference:
      return check_reference(schema, value, where);
    case schema_keyword::schema_map:
    case schema_keyword::pattern_map:
    case schema_keyword::dependency_map:
      return check_map(keyword, value, where);
    default:
      return;
    }
  }

  void check_map(std::string_view keyword, const json_value& value, const std::string& where) {
    for (const auto& entry : value.GetObject()) {
      const std::string_view name = text(entry.name);
      if (const auto found =
              keyword == "patternProperties" ? find_pattern_fault(name) : std::nullopt)
        refuse(step(where, name), "in the pattern, " + found->what, found->remedy);
      if (keyword == "dependencies" && !entry.value.IsObject() && !is_name_list(entry.value))
        refuse(step(where, name), "this is neither a list of names nor a schema",
               "make it a list of names, or a schema");
      if (name == "patternProperties" && !entry.value.IsObject())
        refuse(step(where, name), "a list for a field called patternProperties is not supported",
               R"(write {"required": [<names>]} for the list)");
      if (name == "dependencies" && entry.value.IsObject())
        for (const auto& inner : entry.value.GetObject())
          if (inner.value.IsArray() && !is_name_list(inner.value))
            refuse(step(step(where, name), text(inner.name)),
                   "the list " + excerpt(text(inner.name)) +
                       " for a field called dependencies is not supported",
                   "put the schema of the field into definitions and refer to it by $ref");
    }
  }

  void check_reference(const json_value& schema, const json_value& value,
                       const std::string& where) {
    constexpr std::string_view prefix = "#/definitions/";
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    const std::string target(value.IsString() ? text(value) : "");
    const std::string name = target.substr(std::min(prefix.size(), target.size()));
    if (!target.starts_with(prefix) || name.empty() ||
        name.find_first_not_of(allowed) != std::string::npos)
      return refuse(where, "a $ref to " + excerpt(to_text(value)) + " is not supported",
                    "put the schema into definitions and refer to it by #/definitions/<name>, "
                    "the name of letters, digits and _ . -");
    const json_value* all = member(root_, "definitions");
    if (all == nullptr || member(*all, name.c_str()) == nullptr)
      return refuse(where, "there is no " + excerpt(target),
                    "add it to definitions at the top of the schema");
    for (const auto& entry : schema.GetObject()) {
      const auto kind = kind_of(text(entry.name));
      if (kind != schema_keyword::annotation && kind != schema_keyword::base &&
          kind != schema_keyword::reference && text(entry.name) != "definitions")
        refuse(where, "a $ref beside " + excerpt(text(entry.name)) + " is not supported",
               "$ref overrides the keywords beside it: put both into allOf");
    }
  }

  /// Keywords that mean something together only.
  void check_company(const json_value& schema, const std::string& where) {
    const auto is_true = [&](const char* keyword) {
      const json_value* value = member(schema, keyword);
      return value != nullptr && value->IsTrue();
    };
    for (const auto& [flag, bound] :
         {std::pair{"exclusiveMinimum", "minimum"}, std::pair{"exclusiveMaximum", "maximum"}})
      if (is_true(flag) && member(schema, bound) == nullptr)
        refuse(step(where, flag), std::string(flag) + " has no effect without " + bound,
               std::string("write ") + bound + " beside it");
    const json_value* items = member(schema, "items");
    if (member(schema, "additionalItems") != nullptr && (items == nullptr || !items->IsArray()))
      refuse(step(where, "additionalItems"),
             "additionalItems has no effect without a list of items",
             "write items as a list, or leave additionalItems out");
    if (is_true("uniqueItems") && !has_scalar_items(items))
      refuse(step(where, "uniqueItems"),
             "uniqueItems is not supported for lists, objects or anything",
             R"(write items with a type such as "string" beside it)");
    const json_value* rest = member(schema, "additionalProperties");
    if (rest != nullptr && !rest->IsTrue())
      check_required(schema, where);
    if (rest != nullptr && !rest->IsTrue() && member(schema, "patternProperties") != nullptr &&
        to_text(*rest) != R"({"not":{}})")
      refuse(step(where, "additionalProperties"),
             "this additionalProperties is not supported beside patternProperties",
             R"(write {"not": {}} for false; for a schema, add it to patternProperties)");
  }

  /// RapidJSON takes a field that is required, or that another one depends on, for one that
  /// properties lists: additionalProperties would not be asked about it.
  void check_required(const json_value& schema, const std::string& where) {
    const json_value* listed = member(schema, "properties");
    const auto check_name = [&](const json_value& name) {
      if (fault_ || !name.IsString() ||
          (listed != nullptr && listed->IsObject() && listed->HasMember(name)))
        return;
      refuse(step(where, "additionalProperties"),
             "properties does not list " + excerpt(text(name)) + ", which is named elsewhere",
             "list every name of required and dependencies in properties, with {} if need be");
    };
    const auto check_names = [&](const json_value* names) {
      if (names != nullptr && names->IsArray())
        for (const auto& name : names->GetArray())
          check_name(name);
    };
    check_names(member(schema, "required"));
    if (const json_value* map = member(schema, "dependencies"); map != nullptr && map->IsObject())
      for (const auto& entry : map->GetObject()) {
        check_name(entry.name);
        check_names(&entry.value);
      }
  }

  static bool has_scalar_items(const json_value* items) {
    const json_value* type = items == nullptr ? nullptr : member(*items, "type");
    if (type == nullptr)
      return items != nullptr && member(*items, "enum") != nullptr;
    const std::string names = to_text(*type);
    return names.find("\"object\"") == std::string::npos &&
           names.find("\"array\"") == std::string::npos;
  }

  /// Counts the schemas that one value may have to meet, and finds definitions within themselves.
  void count(const json_value& schema) {
    if (fault_ || ++parts_ > max_schema_parts)
      return;
    if (const auto target = text_of(schema, "$ref")) {
      const std::string name = target->substr(std::string_view("#/definitions/").size());
      if (open_[name])
        return refuse(step("/definitions", name),
                      "a definition that refers to itself is not supported",
                      "write its levels out, or give the innermost one the schema {}");
      open_[name] = true;
      count(*member(*member(root_, "definitions"), name.c_str()));
      open_[name] = false;
    }
    each_part(schema, [this](const json_value& part, std::string_view, const std::string&) {
      count(part);
    });
  }

  const json_value& root_;
  std::size_t parts_ = 0;
  std::map<std::string, bool> open_; ///< definitions that are being counted
  std::optional<schema_fault> fault_;
};

} // namespace

std::optional<schema_fault> find_schema_fault(const json_value& schema) {
  return checker(schema).run();
}

void drop_annotations(json_value& schema) {
  auto entry = schema.MemberBegin();
  for (auto left = schema.MemberCount(); left > 0; --left) {
    const auto kind = kind_of(text(entry->name));
    if (kind == schema_keyword::annotation || kind == schema_keyword::base)
      entry = schema.EraseMember(entry);
    else
      ++entry;
  }
  each_part(schema,
            [](json_value& part, std::string_view, const std::string&) { drop_annotations(part); });
}

} // namespace spec_kitty
