import type { Asker } from './question.ts'

interface Waiting<Question, Answer> extends Asker<Answer> {
  readonly question: Question
}

/**
 * Gathers what is asked for in one turn of the event loop and asks it together; a lone question is asked by itself. Where
 * `mayAskAgain` agrees, what failed together is asked once more one by one: only the guilty one shall fail.
 */
export function inOneTurn<Question, Answer>(
  askAlone: (question: Question) => Promise<Answer>,
  askTogether: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  mayAskAgain: (error: unknown) => boolean,
): (question: Question) => Promise<Answer> {
  let waiting: Waiting<Question, Answer>[] = []

  const alone = ({ question, resolve, reject }: Waiting<Question, Answer>) => askAlone(question).then(resolve, reject)

  function leave(): void {
    const round = waiting
    waiting = []
    if (round.length === 1) alone(round[0]!)
    else void together(round)
  }

  async function together(round: readonly Waiting<Question, Answer>[]): Promise<void> {
    try {
      const answers = await askTogether(round.map(({ question }) => question))
      round.forEach(({ resolve }, place) => {
        resolve(answers[place]!)
      })
    } catch (error) {
      for (const asked of round) {
        if (mayAskAgain(error)) alone(asked)
        else asked.reject(error)
      }
    }
  }

  return (question) =>
    new Promise((resolve, reject) => {
      // Behind all promises of this turn: those that a turn makes ask in some of them.
      if (waiting.push({ question, resolve, reject }) === 1) process.nextTick(leave)
    })
}
