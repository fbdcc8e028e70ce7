#pragma once

#include <string>
#include <vector>

#include "detforge/config/python/ast.h"
#include "detforge/config/python/lexer.h"

namespace detforge::python {

/// Recursive descent over expressions; binary operators by precedence climbing. The parser of statements derives from it.
class ExpressionParser {
 public:
  ExpressionParser(const SourceText& source, std::vector<Token> tokens, std::uint32_t depth = 0)
      : source_(source), tokens_(std::move(tokens)), depth_(depth) {}

  /// The whole text as one expression, as in an f-string's braces.
  ExprPtr whole();
  /// `a`, or `a, *b, c` as a tuple without parentheses.
  ExprPtr star_expressions();
  /// An expression, or `name := expression`.
  ExprPtr named_expression();
  ExprPtr expression();
  /// What may stand between `for` and `in`, or after `del`: names, attributes, subscripts and tuples of them.
  ExprPtr target_list();

 protected:
  const Token& token() const { return tokens_[position_]; }
  const Token& previous() const { return tokens_[position_ == 0 ? 0 : position_ - 1]; }
  bool at(std::string_view text) const;
  bool at(Token::Kind kind) const { return token().kind == kind; }
  bool accept(std::string_view text);
  const Token& expect(std::string_view text);
  const Token& name();
  const Token& advance() { return tokens_[position_++]; }
  [[noreturn]] void unexpected() const;
  [[noreturn]] void fail(const std::string& message, Span span) const;
  Span since(Span first) const { return join(first, previous().span); }
  ExprPtr make(Span span, Expr::Node node) const;
  void check_target(const Expr& target) const;

  const SourceText& source_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  std::uint32_t depth_;

 private:
  class Deeper;

  /// An element of brackets may be named by ':=', one beside an assignment's '=' not.
  ExprPtr star_expression(bool may_name);
  ExprPtr disjunction();
  ExprPtr conjunction();
  ExprPtr inversion();
  ExprPtr comparison();
  ExprPtr binary(int precedence);
  ExprPtr unary();
  ExprPtr power();
  ExprPtr primary();
  ExprPtr atom();
  ExprPtr call(ExprPtr function);
  ExprPtr subscript(ExprPtr object);
  ExprPtr slice();
  ExprPtr parenthesized();
  ExprPtr list_display();
  ExprPtr brace_display();
  ExprPtr dict_display(Span first, ExprPtr key);
  ExprPtr strings();
  bool at_expression_end() const;
  std::vector<Comprehension::Clause> clauses();
};

}  // namespace detforge::python
