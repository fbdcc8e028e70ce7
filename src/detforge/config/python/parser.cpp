#include "detforge/config/python/parser.h"

#include <algorithm>
#include <array>

#include "detforge/config/limits.h"
#include "detforge/config/python/parse_expression.h"

namespace detforge::python {
namespace {

struct Refusal {
  std::string_view keyword;
  std::string_view reason;
};

constexpr std::array<Refusal, 11> kRefused = {{
    {"def", "a config is data, it has no functions of its own"},
    {"class", "a config is data, it has no classes of its own"},
    {"with", "nothing in a config is opened or imported; inherit by '_base_'"},
    {"async", "a config is data"},
    {"return", "a config has no functions"},
    {"yield", "a config has no functions"},
    {"await", "a config has no functions"},
    {"global", "a config has no functions"},
    {"nonlocal", "a config has no functions"},
    {"elif", "no 'if' is above it"},
    {"else", "nothing is above it that could have an 'else'"},
}};

struct AugmentedSyntax {
  std::string_view text;
  BinaryOperator op;
};

constexpr std::array<AugmentedSyntax, 12> kAugmented = {{
    {"+=", BinaryOperator::Add},
    {"-=", BinaryOperator::Subtract},
    {"*=", BinaryOperator::Multiply},
    {"/=", BinaryOperator::Divide},
    {"//=", BinaryOperator::FloorDivide},
    {"%=", BinaryOperator::Modulo},
    {"**=", BinaryOperator::Power},
    {"<<=", BinaryOperator::LeftShift},
    {">>=", BinaryOperator::RightShift},
    {"&=", BinaryOperator::And},
    {"|=", BinaryOperator::Or},
    {"^=", BinaryOperator::Xor},
}};

class Parser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Block file() {
    Block block;
    while (!at(Token::Kind::End)) statement(block);
    return block;
  }

 private:
  void add(Block& block, Span first, Stmt::Node node) { block.push_back({since(first), std::move(node)}); }

  void statement(Block& block) {
    const Span first = token().span;
    if (accept("if")) return add(block, first, if_statement());
    if (accept("while")) {
      ExprPtr test = named_expression();
      Block body = loop_body();
      return add(block, first, While{std::move(test), std::move(body), else_block()});
    }
    if (accept("for")) {
      ExprPtr target = target_list();
      expect("in");
      ExprPtr iterable = star_expressions();
      Block body = loop_body();
      return add(block, first, For{std::move(target), std::move(iterable), std::move(body), else_block()});
    }
    if (accept("try")) return add(block, first, try_statement());
    simple_statements(block);
  }

  void simple_statements(Block& block) {
    do {
      if (at(Token::Kind::Newline)) break;
      simple_statement(block);
    } while (accept(";"));
    if (at(Token::Kind::End)) return;
    if (!at(Token::Kind::Newline)) unexpected();
    advance();
  }

  Block suite() {
    expect(":");
    Block block;
    if (!at(Token::Kind::Newline)) {
      simple_statements(block);
      return block;
    }
    advance();
    if (!at(Token::Kind::Indent)) fail("an indented block is missing after ':'", {previous().span.begin, 1});
    advance();
    while (!at(Token::Kind::Dedent)) statement(block);
    advance();
    return block;
  }

  Block loop_body() {
    ++loops_;
    Block block = suite();
    --loops_;
    return block;
  }

  Block else_block() { return accept("else") ? suite() : Block{}; }

  Stmt::Node if_statement() {
    if (++elifs_ > limits::kNesting) fail("too many 'elif'", token().span);
    ExprPtr test = named_expression();
    Block then = suite();
    Block otherwise;
    const Span first = token().span;
    if (accept("elif")) add(otherwise, first, if_statement());
    else otherwise = else_block();
    --elifs_;
    return If{std::move(test), std::move(then), std::move(otherwise)};
  }

  Stmt::Node try_statement() {
    Try node;
    node.body = suite();
    while (at("except")) {
      Try::Handler handler;
      handler.span = advance().span;
      if (!at(":")) handler.type = star_expressions();
      if (at("as")) fail("an exception is no value here: write 'except' without 'as'", token().span);
      handler.body = suite();
      node.handlers.push_back(std::move(handler));
    }
    if (!node.handlers.empty()) node.otherwise = else_block();
    if (accept("finally")) node.finally = suite();
    else if (node.handlers.empty()) fail("'try' needs an 'except' or a 'finally'", token().span);
    return node;
  }

  void simple_statement(Block& block) {
    const Span first = token().span;
    if (at(Token::Kind::Name)) {
      const auto refused =
          std::find_if(kRefused.begin(), kRefused.end(), [&](const Refusal& entry) { return same_text(token().text, entry.keyword); });
      if (refused != kRefused.end()) fail("'" + std::string(refused->keyword) + "' is not allowed: " + std::string(refused->reason), first);
    }
    if (accept("pass")) return add(block, first, Pass{});
    if (at("break") || at("continue")) {
      if (loops_ == 0) fail("'" + std::string(token().text) + "' stands outside a loop", first);
      const bool is_break = advance().text == "break";
      return add(block, first, is_break ? Stmt::Node(Break{}) : Stmt::Node(Continue{}));
    }
    if (accept("del")) return add(block, first, delete_statement());
    if (accept("assert")) {
      ExprPtr test = expression();
      ExprPtr message = accept(",") ? expression() : nullptr;
      return add(block, first, Assert{std::move(test), std::move(message)});
    }
    if (accept("raise")) {
      ExprPtr exception = at(Token::Kind::Newline) || at(";") ? nullptr : expression();
      if (accept("from")) expression();
      return add(block, first, Raise{std::move(exception)});
    }
    if (accept("import")) return add(block, first, import_statement());
    if (accept("from")) return add(block, first, from_import_statement());
    assignment(block, first);
  }

  Stmt::Node delete_statement() {
    ExprPtr target = target_list();
    Delete node;
    auto* tuple = std::get_if<Display>(&target->node);
    if (tuple != nullptr) node.targets = std::move(tuple->elements);
    else node.targets.push_back(std::move(target));
    for (const auto& element : node.targets) {
      if (element->get<Starred>() != nullptr || element->get<Display>() != nullptr)
        fail("'del' takes names, keys and attributes", element->span);
    }
    return node;
  }

  void assignment(Block& block, Span first) {
    ExprPtr value = star_expressions();
    if (accept(":")) {
      check_target(*value);
      expression();
      ExprPtr assigned = accept("=") ? star_expressions() : nullptr;
      return add(block, first, AnnAssign{std::move(value), std::move(assigned)});
    }
    const auto augmented =
        std::find_if(kAugmented.begin(), kAugmented.end(), [&](const AugmentedSyntax& syntax) { return at(syntax.text); });
    if (augmented != kAugmented.end()) {
      check_target(*value);
      if (value->get<Display>() != nullptr) fail("'" + std::string(augmented->text) + "' takes one target", value->span);
      advance();
      ExprPtr operand = star_expressions();
      return add(block, first, AugAssign{std::move(value), augmented->op, std::move(operand)});
    }
    if (!at("=")) return add(block, first, ExprStmt{std::move(value)});
    Assign node;
    while (accept("=")) {
      check_target(*value);
      node.targets.push_back(std::exchange(value, star_expressions()));
    }
    node.value = std::move(value);
    add(block, first, std::move(node));
  }

  std::string dotted_name() {
    std::string text(name().text);
    while (accept(".")) text += "." + std::string(name().text);
    return text;
  }

  Stmt::Node import_statement() {
    Import node;
    do {
      const Span first = token().span;
      const std::string module = dotted_name();
      const Span span = since(first);
      const bool renamed = accept("as");
      const std::string as = renamed ? std::string(name().text) : module.substr(0, module.find('.'));
      node.aliases.push_back({module, as, span, renamed});
    } while (accept(","));
    return node;
  }

  Stmt::Node from_import_statement() {
    if (at(".") || at("...")) fail("a config imports nothing from beside it; inherit by '_base_'", token().span);
    Import node;
    node.module = dotted_name();
    expect("import");
    if (at("*")) fail("'import *' is not allowed: name what is taken", token().span);
    const bool parenthesized = accept("(");
    do {
      if (parenthesized && at(")")) break;
      const Token& taken = name();
      const bool renamed = accept("as");
      const std::string as(renamed ? name().text : taken.text);
      node.aliases.push_back({std::string(taken.text), as, taken.span, renamed});
    } while (accept(","));
    if (parenthesized) expect(")");
    return node;
  }

  std::uint32_t loops_ = 0;
  std::uint32_t elifs_ = 0;
};

}  // namespace

Block parse(const SourceText& source) { return Parser(source, tokenize(source)).file(); }

}  // namespace detforge::python
