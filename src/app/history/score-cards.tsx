import { removeScoreCards } from '../actions/results.ts';
import { Term } from '../glossary/term.tsx';
import { count, loss, percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { type ReadCard, useHistory } from '../state/history.ts';
import css from './others.module.css';

/** Score cards that were opened, each with whether it still says what was signed. */
export function ScoreCards() {
  const cards = useHistory((state) => state.cards);
  if (cards.length === 0) return null;
  return (
    <section className={css.others} aria-labelledby="score-cards">
      <div className={shared.between}>
        <h2 className={shared.heading} id="score-cards">
          <Term term="scoreCard">Score cards</Term> <span>{count(cards.length)}</span>
        </h2>
        <button type="button" className={shared.link} onClick={removeScoreCards}>
          Remove all
        </button>
      </div>
      <ul className={css.cards}>
        {cards.map((card) => (
          <Card key={card.id} card={card} />
        ))}
      </ul>
      <p className={shared.faint}>
        Kept until this tab is closed. An unchanged card is as it was signed; that its figures are true shows
        only its command, which computes them again.
      </p>
    </section>
  );
}

function Card({
  card: { name, model, data, task, loss: held, command, fault, key, own },
}: {
  card: ReadCard;
}) {
  const figures = [
    task && `${task.what}: ${percent(task.after)}, before ${percent(task.before)}`,
    held && `held-out loss ${loss(held.after)}, before ${loss(held.before)}`,
  ].filter(Boolean);
  return (
    <li>
      <strong>{name}</strong> {[model, data].filter(Boolean).join(', ')}
      {figures.length > 0 && <span>{figures.join('; ')}</span>}
      <span data-fault={fault !== null || undefined} className={css.proof}>
        {fault ?? `Unchanged since it was signed with key ${key}${own ? ', which is this browser’s' : ''}.`}
      </span>
      {command && <code>{command}</code>}
    </li>
  );
}
