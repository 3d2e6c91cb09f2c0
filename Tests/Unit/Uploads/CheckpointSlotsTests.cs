using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>The cost of slow uploads per second is bounded, whatever their number.</summary>
public sealed class CheckpointSlotsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_single_stream_never_waits()
    {
        var slots = new CheckpointSlots(_time);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, slots.Take().Wait);
            _time.Advance(TimeSpan.FromMilliseconds(17 + i));
        }
    }

    [Fact]
    public void Streams_beyond_the_first_slots_checkpoint_in_the_next_ticks()
    {
        var slots = new CheckpointSlots(_time);
        _time.Advance((3 * CheckpointSlots.Tick) + TimeSpan.FromMilliseconds(100));

        var waits = Enumerable.Range(0, 500).Select(_ => slots.Take().Wait).GroupBy(wait => wait).OrderBy(group => group.Key).ToList();

        Assert.Equal(TimeSpan.Zero, waits[0].Key);
        Assert.Equal(Enumerable.Range(0, waits.Count - 1).Select(tick => TimeSpan.FromMilliseconds(150) + (tick * CheckpointSlots.Tick)),
            waits[1..].Select(group => group.Key));
        Assert.All(waits[..^1], group => Assert.Equal(CheckpointSlots.MostInATick, group.Count()));
    }

    [Fact]
    public void Many_streams_stay_within_the_checkpoints_of_a_second()
    {
        var slots = new CheckpointSlots(_time);
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
                // A second after its checkpoint the stream is due again, and asks.
                due[stream] = now + slots.Take().Wait;
            }

            _time.Advance(TimeSpan.FromMilliseconds(62.5));
        }

        Assert.InRange(made.Sum(), 500, 500 + (20 * 4 * CheckpointSlots.MostInATick));
        Assert.InRange(made.Max() - made.Min(), 0, 1);
    }

    [Fact]
    public void Bodies_that_end_before_their_slots_do_not_delay_the_others()
    {
        var slots = new CheckpointSlots(_time);
        var open = new Queue<CheckpointSlot>();
        for (var second = 0; second < 3600; second++)
        {
            // 125 a second, each of which ends seven seconds after it asked.
            for (var stream = 0; stream < 125; stream++)
            {
                open.Enqueue(slots.Take());
                Assert.InRange(open.Last().Wait, TimeSpan.Zero, TimeSpan.FromSeconds(16));
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            while (open.Count > 7 * 125)
                slots.Return(open.Dequeue());
        }

        while (open.TryDequeue(out var slot))
            slots.Return(slot);
        Assert.InRange(slots.Take().Wait, TimeSpan.Zero, CheckpointSlots.Tick);
    }

    [Fact]
    public void A_returned_slot_is_given_out_next()
    {
        var slots = new CheckpointSlots(_time);
        var taken = Enumerable.Range(0, 5 * CheckpointSlots.MostInATick).Select(_ => slots.Take()).ToList();

        slots.Return(taken[2 * CheckpointSlots.MostInATick]);

        Assert.Equal(taken[2 * CheckpointSlots.MostInATick], slots.Take());
        Assert.Equal(taken[^1].Tick + 1, slots.Take().Tick);
    }

    [Fact]
    public void A_slot_can_be_returned_after_its_tick()
    {
        var slots = new CheckpointSlots(_time);
        var taken = Enumerable.Range(0, 3 * CheckpointSlots.MostInATick).Select(_ => slots.Take()).ToList();
        _time.Advance(TimeSpan.FromDays(10));
        _ = slots.Take();

        taken.ForEach(slots.Return);

        Assert.Equal(CheckpointSlots.MostInATick - 1, Enumerable.Range(0, 2 * CheckpointSlots.MostInATick)
            .Count(_ => slots.Take().Wait == TimeSpan.Zero));
    }

    [Fact]
    public void A_used_slot_is_not_given_to_another_stream()
    {
        var slots = new CheckpointSlots(_time);
        var used = Enumerable.Range(0, CheckpointSlots.MostInATick).Select(_ => slots.Take()).ToList();

        used.ForEach(slots.Return);

        Assert.Equal(CheckpointSlots.Tick, slots.Take().Wait);
    }
}
