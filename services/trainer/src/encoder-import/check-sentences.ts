/**
 * What two forms of an encoder are compared on: the kinds of prompt a router sees, from one word to more than an encoder
 * reads, in several languages.
 */
export const checkSentences: readonly string[] = [
  "Hello",
  "What is the capital of France?",
  "Write a haiku about the first snow of the year.",
  "Summarise the plot of Hamlet in two sentences for a ten-year-old.",
  "If a train leaves at 14:05 and arrives at 17:50, how long does the journey take?",
  "Solve for x: 3x^2 - 12x + 9 = 0. Show each step.",
  "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\nWhy is this slow, and how would you fix it?",
  "SELECT customer_id, SUM(total) FROM orders GROUP BY customer_id HAVING SUM(total) > 1000;",
  "My order #48213 arrived damaged. I would like a refund, please.",
  "Translate to German: 'The meeting has been postponed until further notice.'",
  "Explain the difference between TCP and UDP with an example of when to use each.",
  "Which of these is a prime number? (A) 91 (B) 97 (C) 111 (D) 119",
  "A 54-year-old man has chest pain that radiates to the left arm. What should be done first?",
  "Under which conditions is a verbal agreement binding in English law?",
  "¿Cuál es la diferencia entre ser y estar?",
  "Quels sont les avantages et les inconvénients de l'énergie nucléaire ?",
  "请用一句话解释什么是机器学习。",
  "Напиши короткое письмо с извинениями за опоздание.",
  "Pretend you are a pirate and describe the weather today.",
  "Classify the sentiment of this review as positive, negative or neutral: the food was cold but the staff were lovely.",
  "Thanks, that helps. Now make it shorter and more formal.",
  "List five risks of storing passwords in plain text; answer as JSON with the keys risk and severity.",
  "The committee met on Tuesday to discuss the budget. After two hours without agreement it decided to adjourn, and the chair promised to bring a revised draft that takes the objections of both parties into account. What did the committee decide, and what is expected of the chair?",
  "Plan a week in Japan for a family of four with two small children: flights are booked to Osaka, we like food and gardens, and do not want to change hotels more than twice. ".repeat(
    12,
  ),
];
