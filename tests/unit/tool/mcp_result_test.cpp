#include "runtime/tool/mcp_result.h"

#include <catch2/catch.hpp>

using namespace chain::tool;

TEST_CASE("the parts of a result are its text; bytes are said, not shown") {
  CHECK(text_of_content(R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"b\n"}]})") ==
        "a\nb\n");
  CHECK(text_of_content(R"({"content":[{"type":"image","data":"aGVsbG8=","mimeType":"image/png"}]})") ==
        "[image/png, 5 bytes]");
  CHECK(text_of_content(R"({"content":[{"type":"audio","data":"aGVsbG8h"}]})") == "[audio, 6 bytes]");
  CHECK(text_of_content(
            R"({"content":[{"type":"resource","resource":{"uri":"memo://a","text":"inside"}},
                           {"type":"resource","resource":{"uri":"memo://b","blob":"aGk=","mimeType":"a/b"}},
                           {"type":"resource_link","uri":"memo://c","name":"third"}]})") ==
        "inside\n[a/b, 2 bytes]\n[third: memo://c]");
}

TEST_CASE("what is missing or of another kind is nothing") {
  for (const char* result :
       {"{}", "[]", "", "{\"content\"", R"({"content":7})", R"({"content":[]})", R"({"content":[{}]})",
        R"({"content":[7]})", R"({"content":[{"type":"resource"}]})"}) {
    CAPTURE(result);
    CHECK(text_of_content(result).empty());
    CHECK(text_of_resource(result).empty());
    CHECK(text_of_prompt(result).empty());
    CHECK(structured_content(result).empty());
    CHECK_FALSE(is_error(result));
  }
  CHECK(text_of_content(R"({"content":[{"type":"image","data":"="}]})") == "[image, 0 bytes]");
}

TEST_CASE("structured content, errors, resources and prompts") {
  CHECK(structured_content(R"({"structuredContent": {"sum": 42}})") == R"({"sum": 42})");
  CHECK(structured_content(R"({"structuredContent":null})").empty());
  CHECK(is_error(R"({"isError":true})"));
  CHECK_FALSE(is_error(R"({"isError":"true"})"));
  CHECK(text_of_resource(R"({"contents":[{"uri":"a","text":"one"},{"uri":"b","blob":"aGk="}]})") ==
        "one\n[bytes, 2 bytes]");
  CHECK(text_of_prompt(R"({"messages":[{"role":"user","content":{"type":"text","text":"Hi."}},
                                       {"role":"assistant","content":{"type":"text","text":"Hello."}}]})") ==
        "user: Hi.\n\nassistant: Hello.");
}
