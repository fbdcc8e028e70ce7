#include "detforge/config/python/parse_expression.h"

#include <algorithm>
#include <array>
#include <optional>

#include "detforge/config/limits.h"
#include "detforge/config/python/literals.h"
#include "detforge/config/python/parse_fstring.h"

namespace detforge::python {
namespace {

struct BinarySyntax {
  std::string_view text;
  BinaryOperator op;
  int precedence;
};

constexpr int kLowestPrecedence = 1;
constexpr std::array<BinarySyntax, 11> kBinaryOperators = {{
    {"|", BinaryOperator::Or, 1},
    {"^", BinaryOperator::Xor, 2},
    {"&", BinaryOperator::And, 3},
    {"<<", BinaryOperator::LeftShift, 4},
    {">>", BinaryOperator::RightShift, 4},
    {"+", BinaryOperator::Add, 5},
    {"-", BinaryOperator::Subtract, 5},
    {"*", BinaryOperator::Multiply, 6},
    {"/", BinaryOperator::Divide, 6},
    {"//", BinaryOperator::FloorDivide, 6},
    {"%", BinaryOperator::Modulo, 6},
}};

constexpr std::array<std::string_view, 35> kKeywords = {
    "False",  "None",     "True", "and",    "as",   "assert", "async",  "await",   "break", "class",  "continue", "def",
    "del",    "elif",     "else", "except", "for",  "from",   "global", "finally", "if",    "import", "in",       "is",
    "lambda", "nonlocal", "not",  "or",     "pass", "raise",  "return", "try",     "while", "with",   "yield",
};

bool is_keyword(std::string_view text) {
  return std::any_of(kKeywords.begin(), kKeywords.end(), [&](std::string_view keyword) { return same_text(keyword, text); });
}

/// The height of the highest tree directly below a node.
class ChildHeight {
 public:
  static std::uint32_t of(const Expr::Node& node) {
    ChildHeight height;
    std::visit(height, node);
    return height.highest_;
  }

  void operator()(const Constant&) {}
  void operator()(const Name&) {}
  void operator()(const Attribute& node) { add(node.object); }
  void operator()(const Subscript& node) { add(node.object), add(node.index); }
  void operator()(const SliceExpr& node) { add(node.lower), add(node.upper), add(node.step); }
  void operator()(const Call& node) {
    add(node.function);
    for (const auto& argument : node.arguments) add(argument.value);
  }
  void operator()(const Unary& node) { add(node.operand); }
  void operator()(const Binary& node) { add(node.left), add(node.right); }
  void operator()(const Compare& node) {
    add(node.first);
    for (const auto& [op, operand] : node.rest) add(operand);
  }
  void operator()(const BoolOp& node) { add(node.operands); }
  void operator()(const Conditional& node) { add(node.test), add(node.then), add(node.otherwise); }
  void operator()(const Starred& node) { add(node.value); }
  void operator()(const Walrus& node) { add(node.value); }
  void operator()(const Display& node) { add(node.elements); }
  void operator()(const DictDisplay& node) {
    for (const auto& [key, value] : node.items) add(key), add(value);
  }
  void operator()(const Comprehension& node) {
    add(node.element), add(node.value);
    for (const auto& clause : node.clauses) add(clause.target), add(clause.iterable), add(clause.conditions);
  }
  void operator()(const FString& node) {
    for (const auto& part : node.parts) add(part.value), add(part.format);
  }

 private:
  void add(const ExprPtr& child) {
    if (child != nullptr) highest_ = std::max(highest_, child->height);
  }
  void add(const std::vector<ExprPtr>& children) {
    for (const auto& child : children) add(child);
  }

  std::uint32_t highest_ = 0;
};

std::string_view target_name(const Expr& expr) {
  if (expr.get<Constant>() != nullptr) return "a constant";
  if (expr.get<Call>() != nullptr) return "a call";
  if (expr.get<Compare>() != nullptr) return "a comparison";
  if (expr.get<DictDisplay>() != nullptr) return "a dict";
  if (expr.get<Display>() != nullptr) return "a set";
  if (expr.get<FString>() != nullptr) return "an f-string";
  if (expr.get<Comprehension>() != nullptr) return "a comprehension";
  return "an expression";
}

}  // namespace

/// Counts how deeply the parser has called itself.
class ExpressionParser::Deeper {
 public:
  explicit Deeper(ExpressionParser& parser) : parser_(parser) {
    if (++parser.depth_ > limits::kNesting) parser.fail("expressions are nested too deeply", parser.token().span);
  }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
  ~Deeper() { --parser_.depth_; }

 private:
  ExpressionParser& parser_;
};

bool ExpressionParser::at(std::string_view text) const {
  const Token& next = token();
  return (next.kind == Token::Kind::Operator || next.kind == Token::Kind::Name) && same_text(next.text, text);
}

bool ExpressionParser::accept(std::string_view text) {
  if (!at(text)) return false;
  ++position_;
  return true;
}

const Token& ExpressionParser::expect(std::string_view text) {
  if (at(text)) return advance();
  if (token().kind == Token::Kind::Newline || token().kind == Token::Kind::End) {
    fail("expected '" + std::string(text) + "' here", {previous().span.end(), 1});
  }
  const bool closing = text == ")" || text == "]" || text == "}";
  if (closing) fail("'" + std::string(token().text) + "' makes no sense here; is a comma missing?", token().span);
  fail("expected '" + std::string(text) + "', got '" + std::string(token().text) + "'", token().span);
}

const Token& ExpressionParser::name() {
  if (!at(Token::Kind::Name) || is_keyword(token().text)) unexpected();
  return advance();
}

void ExpressionParser::unexpected() const {
  switch (token().kind) {
    case Token::Kind::Newline:
    case Token::Kind::End: fail("something is missing at the end of this line", {previous().span.end(), 1});
    case Token::Kind::Indent: fail("this line is indented without reason", token().span);
    case Token::Kind::Dedent: fail("an indented block is missing", token().span);
    default: fail("'" + std::string(token().text) + "' makes no sense here", token().span);
  }
}

void ExpressionParser::fail(const std::string& message, Span span) const { throw Error(message).at(source_.range(span)); }

ExprPtr ExpressionParser::make(Span span, Expr::Node node) const {
  const std::uint32_t height = ChildHeight::of(node) + 1;
  if (height > limits::kNesting) fail("expressions are nested too deeply", span);
  return std::make_unique<Expr>(Expr{span, std::move(node), height});
}

void ExpressionParser::check_target(const Expr& target) const {
  if (target.get<Name>() != nullptr || target.get<Attribute>() != nullptr || target.get<Subscript>() != nullptr) return;
  if (const auto* inner = target.get<Starred>(); inner != nullptr) return check_target(*inner->value);
  if (const auto* display = target.get<Display>(); display != nullptr && display->kind != Display::Kind::Set) {
    bool starred = false;
    for (const auto& element : display->elements) {
      check_target(*element);
      if (element->get<Starred>() == nullptr) continue;
      if (starred) fail("a second starred target in one list", element->span);
      starred = true;
    }
    return;
  }
  fail("cannot assign to " + std::string(target_name(target)), target.span);
}

ExprPtr ExpressionParser::whole() {
  ExprPtr result = star_expressions();
  if (!at(Token::Kind::End)) unexpected();
  return result;
}

bool ExpressionParser::at_expression_end() const {
  const Token& next = token();
  if (next.kind == Token::Kind::Newline || next.kind == Token::Kind::End) return true;
  if (next.kind == Token::Kind::Name) return next.text == "in";
  return next.kind == Token::Kind::Operator &&
         (next.text.back() == '=' || next.text == ")" || next.text == "]" || next.text == "}" || next.text == ":" || next.text == ";");
}

ExprPtr ExpressionParser::star_expressions() {
  const Span first = token().span;
  ExprPtr element = star_expression(false);
  if (!at(",")) {
    if (element->get<Starred>() != nullptr) fail("a starred value needs a comma beside it", element->span);
    return element;
  }
  std::vector<ExprPtr> elements;
  elements.push_back(std::move(element));
  while (accept(",") && !at_expression_end()) elements.push_back(star_expression(false));
  return make(since(first), Display{Display::Kind::Tuple, std::move(elements)});
}

ExprPtr ExpressionParser::star_expression(bool may_name) {
  const Span first = token().span;
  if (!accept("*")) return may_name ? named_expression() : expression();
  ExprPtr value = binary(kLowestPrecedence);
  return make(since(first), Starred{std::move(value)});
}

ExprPtr ExpressionParser::target_list() {
  const Span first = token().span;
  const auto element = [&]() -> ExprPtr {
    const Span begin = token().span;
    if (!accept("*")) return binary(kLowestPrecedence);
    ExprPtr value = binary(kLowestPrecedence);
    return make(since(begin), Starred{std::move(value)});
  };
  ExprPtr target = element();
  if (at(",")) {
    std::vector<ExprPtr> elements;
    elements.push_back(std::move(target));
    while (accept(",") && !at_expression_end()) elements.push_back(element());
    target = make(since(first), Display{Display::Kind::Tuple, std::move(elements)});
  }
  check_target(*target);
  return target;
}

ExprPtr ExpressionParser::named_expression() {
  const Span first = token().span;
  ExprPtr result = expression();
  if (!at(":=")) return result;
  const auto* name = result->get<Name>();
  if (name == nullptr) fail("':=' assigns to a name only", result->span);
  advance();
  ExprPtr value = expression();
  return make(since(first), Walrus{name->id, std::move(value)});
}

ExprPtr ExpressionParser::expression() {
  const Deeper deeper(*this);
  const Span first = token().span;
  if (at("lambda")) fail("'lambda' is not allowed: a config is data, it has no functions of its own", first);
  ExprPtr then = disjunction();
  if (!accept("if")) return then;
  ExprPtr test = disjunction();
  expect("else");
  ExprPtr otherwise = expression();
  return make(since(first), Conditional{std::move(test), std::move(then), std::move(otherwise)});
}

ExprPtr ExpressionParser::disjunction() {
  const Span first = token().span;
  ExprPtr operand = conjunction();
  if (!at("or")) return operand;
  BoolOp node{false, {}};
  node.operands.push_back(std::move(operand));
  while (accept("or")) node.operands.push_back(conjunction());
  return make(since(first), std::move(node));
}

ExprPtr ExpressionParser::conjunction() {
  const Span first = token().span;
  ExprPtr operand = inversion();
  if (!at("and")) return operand;
  BoolOp node{true, {}};
  node.operands.push_back(std::move(operand));
  while (accept("and")) node.operands.push_back(inversion());
  return make(since(first), std::move(node));
}

ExprPtr ExpressionParser::inversion() {
  const Span first = token().span;
  if (!accept("not")) return comparison();
  const Deeper deeper(*this);
  ExprPtr operand = inversion();
  return make(since(first), Unary{UnaryOperator::Not, std::move(operand)});
}

ExprPtr ExpressionParser::comparison() {
  const Span first = token().span;
  ExprPtr operand = binary(kLowestPrecedence);
  const auto comparison_operator = [&]() -> std::optional<CompareOperator> {
    if (accept("==")) return CompareOperator::Equal;
    if (accept("!=")) return CompareOperator::NotEqual;
    if (accept("<=")) return CompareOperator::LessEqual;
    if (accept("<")) return CompareOperator::Less;
    if (accept(">=")) return CompareOperator::GreaterEqual;
    if (accept(">")) return CompareOperator::Greater;
    if (accept("in")) return CompareOperator::In;
    if (accept("is")) return accept("not") ? CompareOperator::IsNot : CompareOperator::Is;
    if (accept("not")) {
      expect("in");
      return CompareOperator::NotIn;
    }
    return std::nullopt;
  };
  Compare node;
  while (const auto op = comparison_operator()) node.rest.emplace_back(*op, binary(kLowestPrecedence));
  if (node.rest.empty()) return operand;
  node.first = std::move(operand);
  return make(since(first), std::move(node));
}

ExprPtr ExpressionParser::binary(int precedence) {
  const Span first = token().span;
  ExprPtr left = unary();
  while (token().kind == Token::Kind::Operator) {
    const auto found = std::find_if(kBinaryOperators.begin(), kBinaryOperators.end(), [&](const BinarySyntax& syntax) {
      return same_text(syntax.text, token().text) && syntax.precedence >= precedence;
    });
    if (found == kBinaryOperators.end()) break;
    advance();
    ExprPtr right = binary(found->precedence + 1);
    left = make(since(first), Binary{found->op, std::move(left), std::move(right)});
  }
  return left;
}

ExprPtr ExpressionParser::unary() {
  const Span first = token().span;
  const auto op = accept("-")   ? std::optional(UnaryOperator::Minus)
                  : accept("+") ? std::optional(UnaryOperator::Plus)
                  : accept("~") ? std::optional(UnaryOperator::Invert)
                                : std::nullopt;
  if (!op) return power();
  const Deeper deeper(*this);
  // The least int: without its sign it would not fit.
  if (*op == UnaryOperator::Minus && at(Token::Kind::Number) && token().text == "9223372036854775808" &&
      tokens_[position_ + 1].text != "**") {
    advance();
    return make(since(first), Constant{INT64_MIN});
  }
  ExprPtr operand = unary();
  return make(since(first), Unary{*op, std::move(operand)});
}

ExprPtr ExpressionParser::power() {
  const Span first = token().span;
  ExprPtr base = primary();
  if (!accept("**")) return base;
  const Deeper deeper(*this);
  ExprPtr exponent = unary();
  return make(since(first), Binary{BinaryOperator::Power, std::move(base), std::move(exponent)});
}

ExprPtr ExpressionParser::primary() {
  const Span first = token().span;
  ExprPtr result = atom();
  while (true) {
    if (accept(".")) {
      const Token& attribute = name();
      result = make(since(first), Attribute{std::move(result), std::string(attribute.text), attribute.span});
    } else if (at("(")) {
      result = call(std::move(result));
    } else if (at("[")) {
      result = subscript(std::move(result));
    } else {
      return result;
    }
  }
}

ExprPtr ExpressionParser::atom() {
  const Token& next = token();
  switch (next.kind) {
    case Token::Kind::Number: advance(); return make(next.span, parse_number(source_, next.span));
    case Token::Kind::String: return strings();
    case Token::Kind::Name: break;
    case Token::Kind::Operator:
      if (next.text == "(") return parenthesized();
      if (next.text == "[") return list_display();
      if (next.text == "{") return brace_display();
      if (next.text == "...") fail("'...' is no value that a config can hold", next.span);
      unexpected();
    default: unexpected();
  }
  if (next.text == "yield" || next.text == "await") fail("'" + std::string(next.text) + "' is not allowed: a config is data", next.span);
  if (next.text == "None" || next.text == "True" || next.text == "False") {
    advance();
    return make(next.span, next.text == "None" ? Constant{} : Constant{next.text == "True"});
  }
  name();
  return make(next.span, Name{std::string(next.text)});
}

ExprPtr ExpressionParser::call(ExprPtr function) {
  const Span first = function->span;
  expect("(");
  Call node{std::move(function), {}};
  bool keywords = false;
  while (!at(")")) {
    const Span begin = token().span;
    if (accept("**")) {
      node.arguments.push_back({Argument::Kind::DoubleStar, {}, begin, expression()});
      keywords = true;
    } else if (accept("*")) {
      node.arguments.push_back({Argument::Kind::Star, {}, begin, expression()});
    } else if (at(Token::Kind::Name) && tokens_[position_ + 1].kind == Token::Kind::Operator && tokens_[position_ + 1].text == "=") {
      const Token& keyword = name();
      advance();
      const auto same = [&](const Argument& other) { return other.kind == Argument::Kind::Keyword && other.name == keyword.text; };
      if (std::any_of(node.arguments.begin(), node.arguments.end(), same)) {
        fail("'" + std::string(keyword.text) + "' is given twice", keyword.span);
      }
      node.arguments.push_back({Argument::Kind::Keyword, std::string(keyword.text), keyword.span, expression()});
      keywords = true;
    } else {
      ExprPtr value = named_expression();
      if (at("for") || at("async")) {
        auto generator = clauses();
        value = make(since(begin), Comprehension{Comprehension::Kind::Generator, std::move(value), nullptr, std::move(generator)});
        if (!node.arguments.empty() || !at(")")) fail("a generator beside other arguments needs its own parentheses", value->span);
      }
      if (keywords) fail("an argument without a name follows one with a name", value->span);
      node.arguments.push_back({Argument::Kind::Positional, {}, begin, std::move(value)});
    }
    if (!accept(",")) break;
  }
  expect(")");
  return make(since(first), std::move(node));
}

ExprPtr ExpressionParser::subscript(ExprPtr object) {
  const Span first = object->span;
  expect("[");
  const Span begin = token().span;
  ExprPtr index = slice();
  if (at(",")) {
    std::vector<ExprPtr> elements;
    elements.push_back(std::move(index));
    while (accept(",") && !at("]")) elements.push_back(slice());
    index = make(since(begin), Display{Display::Kind::Tuple, std::move(elements)});
  }
  expect("]");
  return make(since(first), Subscript{std::move(object), std::move(index)});
}

ExprPtr ExpressionParser::slice() {
  const Span first = token().span;
  ExprPtr lower, upper, step;
  if (!at(":")) {
    lower = star_expression(true);
    if (!at(":")) return lower;
  }
  advance();
  if (!at(":") && !at("]") && !at(",")) upper = expression();
  if (accept(":") && !at("]") && !at(",")) step = expression();
  return make(since(first), SliceExpr{std::move(lower), std::move(upper), std::move(step)});
}

std::vector<Comprehension::Clause> ExpressionParser::clauses() {
  std::vector<Comprehension::Clause> all;
  while (at("for") || at("async")) {
    if (at("async")) fail("'async' is not allowed: a config is data", token().span);
    advance();
    Comprehension::Clause clause;
    clause.target = target_list();
    expect("in");
    clause.iterable = disjunction();
    while (accept("if")) clause.conditions.push_back(disjunction());
    all.push_back(std::move(clause));
  }
  return all;
}

ExprPtr ExpressionParser::parenthesized() {
  const Span first = expect("(").span;
  if (accept(")")) return make(since(first), Display{Display::Kind::Tuple, {}});
  ExprPtr element = star_expression(true);
  if (at("for") || at("async")) {
    auto generator = clauses();
    expect(")");
    return make(since(first), Comprehension{Comprehension::Kind::Generator, std::move(element), nullptr, std::move(generator)});
  }
  if (!at(",")) {
    expect(")");
    if (element->get<Starred>() != nullptr) fail("a starred value needs a comma beside it", element->span);
    return element;
  }
  std::vector<ExprPtr> elements;
  elements.push_back(std::move(element));
  while (accept(",") && !at(")")) elements.push_back(star_expression(true));
  expect(")");
  return make(since(first), Display{Display::Kind::Tuple, std::move(elements)});
}

ExprPtr ExpressionParser::list_display() {
  const Span first = expect("[").span;
  std::vector<ExprPtr> elements;
  if (!at("]")) {
    elements.push_back(star_expression(true));
    if (at("for") || at("async")) {
      auto comprehension = clauses();
      expect("]");
      return make(since(first), Comprehension{Comprehension::Kind::List, std::move(elements.front()), nullptr, std::move(comprehension)});
    }
    while (accept(",") && !at("]")) elements.push_back(star_expression(true));
  }
  expect("]");
  return make(since(first), Display{Display::Kind::List, std::move(elements)});
}

ExprPtr ExpressionParser::brace_display() {
  const Span first = expect("{").span;
  if (accept("}")) return make(since(first), DictDisplay{});
  if (at("**")) return dict_display(first, nullptr);
  ExprPtr element = star_expression(true);
  if (at(":")) return dict_display(first, std::move(element));
  std::vector<ExprPtr> elements;
  elements.push_back(std::move(element));
  if (at("for") || at("async")) {
    auto comprehension = clauses();
    expect("}");
    return make(since(first), Comprehension{Comprehension::Kind::Set, std::move(elements.front()), nullptr, std::move(comprehension)});
  }
  while (accept(",") && !at("}")) elements.push_back(star_expression(true));
  expect("}");
  return make(since(first), Display{Display::Kind::Set, std::move(elements)});
}

ExprPtr ExpressionParser::dict_display(Span first, ExprPtr key) {
  DictDisplay node;
  while (true) {
    if (key == nullptr && accept("**")) {
      node.items.emplace_back(nullptr, binary(kLowestPrecedence));
    } else {
      if (key == nullptr) key = expression();
      expect(":");
      ExprPtr value = expression();
      if (node.items.empty() && (at("for") || at("async"))) {
        auto comprehension = clauses();
        expect("}");
        return make(since(first), Comprehension{Comprehension::Kind::Dict, std::move(key), std::move(value), std::move(comprehension)});
      }
      node.items.emplace_back(std::move(key), std::move(value));
    }
    key = nullptr;
    if (!accept(",") || at("}")) break;
  }
  expect("}");
  return make(since(first), std::move(node));
}

ExprPtr ExpressionParser::strings() {
  const Span first = token().span;
  std::vector<FString::Part> parts;
  std::string text;
  std::optional<bool> bytes;
  while (at(Token::Kind::String)) {
    const StringLiteral literal = split_string(source_, token().span);
    if (bytes.value_or(literal.bytes) != literal.bytes) fail("bytes and str stand side by side", token().span);
    bytes = literal.bytes;
    if (literal.formatted) {
      if (!text.empty()) parts.push_back({std::exchange(text, {}), nullptr, 0, nullptr});
      for (auto& part : parse_fstring(source_, literal, depth_)) parts.push_back(std::move(part));
    } else {
      text += unescape(source_, literal.body, literal);
    }
    advance();
  }
  if (parts.empty()) return make(since(first), bytes.value_or(false) ? Constant{Bytes{std::move(text)}} : Constant{std::move(text)});
  if (!text.empty()) parts.push_back({std::move(text), nullptr, 0, nullptr});
  return make(since(first), FString{std::move(parts)});
}

}  // namespace detforge::python
