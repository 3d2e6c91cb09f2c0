using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>What slow uploads cost in a second is bounded whatever their number.</summary>
public sealed class CheckpointSlotsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_lone_one_never_waits()
    {
        var turns = new CheckpointSlots(_time);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, turns.Take().Wait);
            _time.Advance(TimeSpan.FromMilliseconds(17 + i));
        }
    }

    [Fact]
    public void Streams_beyond_the_first_slots_checkpoint_in_the_next_ticks()
    {
        var turns = new CheckpointSlots(_time);
        _time.Advance((3 * CheckpointSlots.Tick) + TimeSpan.FromMilliseconds(100));

        var waits = Enumerable.Range(0, 500).Select(_ => turns.Take().Wait).GroupBy(wait => wait).OrderBy(group => group.Key).ToList();

        Assert.Equal(TimeSpan.Zero, waits[0].Key);
        Assert.Equal(Enumerable.Range(0, waits.Count - 1).Select(tick => TimeSpan.FromMilliseconds(150) + (tick * CheckpointSlots.Tick)),
            waits[1..].Select(group => group.Key));
        Assert.All(waits[..^1], group => Assert.Equal(CheckpointSlots.MostInATick, group.Count()));
    }

    [Fact]
    public void Many_at_once_for_long_keep_to_what_fits_in_a_second()
    {
        var turns = new CheckpointSlots(_time);
        var due = Enumerable.Repeat(TimeSpan.Zero, 500).ToArray();
        var made = new int[500];
        for (var tick = 0; tick < 20 * 4 * 4; tick++)
        {
            var now = tick * TimeSpan.FromMilliseconds(62.5);
            for (var stream = 0; stream < 500; stream++)
            {
                if (due[stream] > now)
                    continue;
                made[stream]++;
                // A second after its checkpoint it is due again, and asks.
                due[stream] = now + turns.Take().Wait;
            }

            _time.Advance(TimeSpan.FromMilliseconds(62.5));
        }

        Assert.InRange(made.Sum(), 500, 500 + (20 * 4 * CheckpointSlots.MostInATick));
        Assert.InRange(made.Max() - made.Min(), 0, 1);
    }

    [Fact]
    public void Bodies_that_end_before_their_turns_do_not_put_off_the_others_by_ever_more()
    {
        var turns = new CheckpointSlots(_time);
        var open = new Queue<CheckpointSlot>();
        for (var second = 0; second < 3600; second++)
        {
            // 125 a second, of which each ends seven seconds after it asked.
            for (var stream = 0; stream < 125; stream++)
            {
                open.Enqueue(turns.Take());
                Assert.InRange(open.Last().Wait, TimeSpan.Zero, TimeSpan.FromSeconds(16));
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            while (open.Count > 7 * 125)
                turns.Return(open.Dequeue());
        }

        while (open.TryDequeue(out var turn))
            turns.Return(turn);
        Assert.InRange(turns.Take().Wait, TimeSpan.Zero, CheckpointSlots.Tick);
    }

    [Fact]
    public void A_turn_that_is_returned_is_the_next_one()
    {
        var turns = new CheckpointSlots(_time);
        var taken = Enumerable.Range(0, 5 * CheckpointSlots.MostInATick).Select(_ => turns.Take()).ToList();

        turns.Return(taken[2 * CheckpointSlots.MostInATick]);

        Assert.Equal(taken[2 * CheckpointSlots.MostInATick], turns.Take());
        Assert.Equal(taken[^1].Tick + 1, turns.Take().Tick);
    }

    [Fact]
    public void A_turn_may_be_returned_when_all_of_its_time_are_over()
    {
        var turns = new CheckpointSlots(_time);
        var taken = Enumerable.Range(0, 3 * CheckpointSlots.MostInATick).Select(_ => turns.Take()).ToList();
        _time.Advance(TimeSpan.FromDays(10));
        _ = turns.Take();

        taken.ForEach(turns.Return);

        Assert.Equal(CheckpointSlots.MostInATick - 1, Enumerable.Range(0, 2 * CheckpointSlots.MostInATick)
            .Count(_ => turns.Take().Wait == TimeSpan.Zero));
    }

    [Fact]
    public void A_turn_that_has_been_used_is_nobody_elses()
    {
        var turns = new CheckpointSlots(_time);
        var used = Enumerable.Range(0, CheckpointSlots.MostInATick).Select(_ => turns.Take()).ToList();

        used.ForEach(turns.Return);

        Assert.Equal(CheckpointSlots.Tick, turns.Take().Wait);
    }
}
