#!/usr/bin/env python3
"""Each check finds what it is for: a small repository with one offence, and one without."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import arrows
import messages
import paths
import prose
import rooted
import sizes
import words
from source import Tree


class Check(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)

    def tearDown(self):
        self.folder.cleanup()

    def tree_of(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        subprocess.run(["git", "-C", str(self.root), "add", "-A"], check=True)
        return Tree(self.root)

    def found(self, check, files):
        return [str(finding) for finding in check(self.tree_of(files))[0]]

    def expect(self, check, files, *parts):
        found = self.found(check, files)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])


class Paths(Check):
    def test_a_path_of_the_tree_passes(self):
        self.assertEqual(self.found(paths.check, {
            "util/json.cpp": "// as util/json.cpp\n", "docs/a.md": "`json.cpp`, util/json.cpp\n"}), [])

    def test_a_path_that_is_gone_is_found(self):
        self.expect(paths.check, {"util/json.cpp": "", "docs/a.md": "x\n`util/gone.cpp`\n"},
                    "docs/a.md:2:", "util/gone.cpp")
        self.expect(paths.check, {"docs/a.md": "", "util/json.cpp": "\n// see messages/gone.hpp\n"},
                    "util/json.cpp:2:", "messages/gone.hpp")


class Rooted(Check):
    def test_rooted_files_and_other_folders_pass(self):
        self.assertEqual(self.found(rooted.check, {
            "app/workflow/a.cpp": "const auto text = files.read(path); // not read_file(path)\n",
            "app/daemon/b.cpp": "::unlink(path.c_str());\n"} | self.allowed()), [])

    def test_a_call_that_follows_links_is_found(self):
        for call in ("::open(path, 0);", "read_file(path);", "fs::remove_all(path);",
                     "file_lock::take(path, patience);", "std::ofstream out(path);"):
            self.expect(rooted.check, {"app/workflow/a.cpp": "\n" + call + "\n"} | self.allowed(),
                        "app/workflow/a.cpp:2:", "use rooted_files")

    def test_more_calls_than_the_table_allows_are_found(self):
        path = "app/workflow/bookkeeping.cpp"
        files = self.allowed()
        files[path] += "read_file(other);\n"
        self.expect(rooted.check, files, path + ":2:", "use rooted_files")

    @staticmethod
    def allowed():
        return {path: "read_file(path);\n" * count for path, (count, _) in rooted.ALLOWED.items()}


class Arrows(Check):
    def test_an_allowed_include_passes(self):
        self.assertEqual(self.found(arrows.check, {
            "util/json.hpp": "", "messages/event.hpp": '#include "util/json.hpp"\n',
            "app/cli/main.cpp":
            '#include "messages/event.hpp"\n// #include "app/chaos/run.hpp"\n'}), [])

    def test_an_include_against_the_arrows_is_found(self):
        self.expect(arrows.check, {"util/json.hpp": '\n#include "messages/event.hpp"\n',
                                   "messages/event.hpp": ""},
                    "util/json.hpp:2:", "util -> messages", "util may include nothing")

    def test_nothing_stands_on_the_command_line(self):
        self.expect(arrows.check, {"app/cli/output.hpp": "",
                                   "app/daemon/daemon.cpp": '#include <app/cli/output.hpp>\n'},
                    "app/daemon/daemon.cpp:1:", "app/daemon -> app/cli")

    def test_nothing_sees_the_chaos_harness(self):
        self.expect(arrows.check, {"app/chaos/run.hpp": "",
                                   "app/cli/main.cpp": '#include "app/chaos/run.hpp"\n'},
                    "app/cli -> app/chaos")

    def test_tests_see_everything(self):
        self.assertEqual(self.found(arrows.check, {
            "app/chaos/run.hpp": "",
            "tests/chaos/a_test.cpp": '#include "app/chaos/run.hpp"\n'}), [])

    def test_a_role_sees_only_the_roles_of_the_table(self):
        self.expect(arrows.check, {"actors/queue/store.hpp": "",
                                   "actors/clock/ulid.cpp": '#include "actors/queue/store.hpp"\n'},
                    "actors/clock -> actors/queue")

    def test_a_cycle_between_folders_is_found(self):
        found = self.found(arrows.check, {
            "messages/event.hpp": '#include "messages/schema/check.hpp"\n',
            "messages/schema/check.hpp": '#include "messages/event.hpp"\n'})
        self.assertTrue(any("cycle between folders: messages -> messages/schema -> messages" in line
                            for line in found), found)

    def test_a_cycle_between_libraries_is_found(self):
        self.expect(arrows.check, {
            "CMakeLists.txt": "add_library(spec_kitty::a ALIAS spec_kitty_a)\n"
                              "target_link_libraries(spec_kitty_a PUBLIC spec_kitty_b)\n",
            "app/CMakeLists.txt": "target_link_libraries(spec_kitty_b PRIVATE spec_kitty::a)\n"},
                    "app/CMakeLists.txt:1:", "cycle between libraries")

    def test_a_loose_file_in_app_is_found(self):
        self.expect(arrows.check, {"app/CMakeLists.txt": "", "app/main.cpp": ""},
                    "app/main.cpp:1:", "no loose files")

    def test_an_unknown_folder_is_found(self):
        self.expect(arrows.check, {"app/board/board.cpp": ""}, "app/board is not in the table")

    def test_a_header_that_does_not_exist_is_found(self):
        self.expect(arrows.check, {"util/json.cpp": '#include "util/gone.hpp"\n'},
                    "util/json.cpp:1:", "is not a tracked header")

    def test_generated_headers_are_known(self):
        self.assertEqual(self.found(arrows.check, {
            "util/version.hpp.in": "", "app/embed/client.cpp":
            '#include "util/version.hpp"\n#include "spec_kitty/result.hpp"\n'}), [])


def body(lines):
    return "".join(f"  step({number});\n" for number in range(lines))


class Sizes(Check):
    def test_short_ones_pass(self):
        self.assertEqual(self.found(sizes.check, {
            "util/a.cpp": "int f() {\n" + body(68) + "}\n" + "\n" * 330}), [])

    def test_a_long_file_is_found(self):
        self.expect(sizes.check, {"tests/unit/a_test.cpp": "\n" * 401}, "401 lines, at most 400")

    def test_a_long_function_is_found(self):
        self.expect(sizes.check, {
            "util/a.cpp": "namespace n {\nclass a {\n  a() : b_{1}, c_(\"{\") {\n" + body(69) +
                          "  }\n};\n}\n"}, "util/a.cpp:3:", "a has 71 lines, at most 70")

    def test_a_function_counts_with_its_lambdas(self):
        self.expect(sizes.check, {
            "app/a.cpp": "auto f(int x) -> int {\n  return [] {\n" + body(69) + "  }();\n}\n"},
                    "f has 73 lines")

    def test_a_lambda_outside_of_functions_counts(self):
        self.expect(sizes.check, {"app/a.cpp": "const auto f = [](int x) {\n" + body(70) + "};\n"},
                    "f has 72 lines")

    def test_classes_tables_and_tests_do_not_count(self):
        self.assertEqual(self.found(sizes.check, {
            "util/a.hpp": "struct a {\n" + "  int f() { return 1; }\n" * 80 + "};\n",
            "util/b.cpp": "constexpr row table[] = {\n" + "  {1, f(2)},\n" * 80 + "};\n",
            "tests/unit/a_test.cpp": "TEST(a, b) {\n" + body(80) + "}\n"}), [])

    def test_a_long_python_function_is_found(self):
        self.expect(sizes.check, {"benchmarks/a.py": "def f():\n" + "    pass\n" * 70},
                    "benchmarks/a.py:1:", "f has 71 lines")

    def test_a_long_shell_function_is_found(self):
        self.expect(sizes.check, {"dev": "#!/usr/bin/env bash\nf() {\n" + "  :\n" * 70 + "}\n"},
                    "dev:2:", "f has 72 lines")


class Words(Check):
    def test_each_expression_finds_its_example(self):
        self.assertEqual(words.self_test(words.read_words()), [])

    def test_an_expression_that_does_not_find_its_example_is_found(self):
        word = words.read_words()[0]._replace(example="nothing of the kind")
        self.assertEqual(len(words.self_test([word])), 1)

    def test_plain_words_pass(self):
        self.assertEqual(self.found(words.check, {
            "util/a.cpp": "// Only one of them is read, once.\nfor (const auto& event : events)\n"
                          '  print("there is no event " + event.id);\n'}), [])

    def test_a_name_is_found(self):
        self.expect(words.check, {"util/a.cpp": "\nfor (auto& one : events)\n"},
                    "util/a.cpp:2: 'one'", "ii-one")

    def test_a_phrase_is_found_across_lines(self):
        self.expect(words.check, {"util/a.hpp": "/// The value; empty where there is\n/// none.\n"},
                    "util/a.hpp:1: ", "iii-none")

    def test_a_message_is_found_across_literals(self):
        self.expect(words.check, {"util/a.cpp": 'fail("payload: nothing "\n     "is required");\n'},
                    "X is required")

    def test_the_name_of_a_file_is_found(self):
        self.expect(words.check, {"app/embed/courier.hpp": ""}, "the file's name says 'courier'")

    def test_a_word_may_stand_where_it_means_something_else(self):
        self.assertEqual(self.found(words.check, {
            "app/workflow/lanes.hpp": "enum class lane {};\n"}), [])
        self.expect(words.check, {"actors/queue/store.hpp": "struct lane {};\n"}, "partition")


class Prose(Check):
    def test_a_wide_line_is_found(self):
        self.expect(prose.check, {"docs/a.md": "\n" + "word " * 25 + "\n"}, "docs/a.md:2: 125")

    def test_tables_code_and_addresses_may_be_wide(self):
        wide = "word " * 25
        self.assertEqual(self.found(prose.check, {
            "docs/a.md": f"| {wide} |\n```text\n{wide}\n```\nhttps://example.com/ {wide}\n"}), [])

    def test_a_block_without_a_language_is_found(self):
        self.expect(prose.check, {"docs/a.md": "```sh\nls\n```\n\n```\nls\n```\n"}, "docs/a.md:5: a block")


class Messages(Check):
    def catalogue(self, text):
        return [message.text for message in messages.catalogue(self.tree_of({"app/a.cpp": text}))]

    def test_joined_literals_are_one_message(self):
        self.assertEqual(self.catalogue(
            'void f() {\n  return failure{ec::x, "cannot read " + file.string() + ": "\n'
            '                 "it is " + (big ? "too big" : "gone"), "check " + run("sync now")};\n}\n'),
            ["cannot read {}: it is {too big|gone}", "check {}", "sync now"])

    def test_what_no_person_reads_is_left_out(self):
        self.assertEqual(self.catalogue(
            '#include "a b.hpp"\n// "a comment"\nstatic_assert(x, "not shown here");\n'
            'void f() {\n  run("SELECT a FROM b");\n  g("{\\"ok\\": true}");\n  h("word");\n}\n'), [])

    def test_a_malformed_message_is_found(self):
        tree = self.tree_of({"app/a.cpp": 'void f() {\n  warn("the the file is gone");\n}\n'})
        found = messages.check(tree, minimum=1)[0]
        self.assertEqual([str(finding) for finding in found],
                         ["app/a.cpp:2: a word twice in the message 'the the file is gone'"])

    def test_too_few_messages_are_found(self):
        found = messages.check(self.tree_of({"app/a.cpp": ""}))[0]
        self.assertIn("0 messages found", str(found[0]))


if __name__ == "__main__":
    unittest.main()
