using ChunkUpload.Agent.Serving;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>The bytes a day of a served folder, and the id of the agent that claims.</summary>
public sealed class SentBytesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_bytes_of_a_day_are_used_up_once_and_also_after_a_restart()
    {
        var day = Open(1000);
        Assert.True(day.TryTake("a 1", 600, out _));
        Assert.False(day.TryTake("b 1", 500, out _));
        Assert.True(day.TryTake("b 1", 400, out _));
        // One that goes on takes nothing again.
        Assert.True(Open(1000).TryTake("a 1", 600, out _));
        Assert.False(Open(1000).TryTake("c 1", 1, out _));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.True(Open(1000).TryTake("c 1", 1000, out _));
        Assert.False(Open(1000).TryTake("d 1", 1, out _));
        Assert.True(Open(1000).Allows(1000));
        Assert.False(Open(1000).Allows(1001));
    }

    [Fact]
    public void What_an_attempt_has_not_sent_is_given_back_and_taken_again_when_it_goes_on()
    {
        var day = Open(1000);
        Assert.True(day.TryTake("a 1", 1000, out _));
        day.Settle("a 1", 300);
        Assert.True(day.TryTake("a 1", 1000, out var before));
        Assert.Equal(300, before);
        day.Settle("a 1", 300);
        Assert.True(day.TryTake("b 1", 500, out _));
        Assert.False(day.TryTake("a 1", 1000, out _));
        day.Settle("b 1", 0);
        Assert.True(day.TryTake("a 1", 1000, out _));
    }

    [Fact]
    public void A_clock_that_is_set_back_gives_nothing_back_and_a_damaged_file_begins_anew()
    {
        Assert.True(Open(1000).TryTake("a 1", 1000, out _));
        _time.Advance(TimeSpan.FromDays(2));
        Assert.True(Open(1000).TryTake("b 1", 1000, out _));
        var earlier = new ManualTime();
        Assert.False(new SentBytes(_folder["sent.json"], 1000, earlier).TryTake("c 1", 1, out _));
        File.WriteAllText(_folder["sent.json"], "{");
        Assert.True(Open(1000).TryTake("c 1", 1, out _));
        Assert.True(Open(null).TryTake("d 1", long.MaxValue, out _));
    }

    [Fact]
    public void The_claim_of_an_agent_stays()
    {
        var claim = AgentClaim.Of(_folder["state"]);
        Assert.NotEqual(Guid.Empty, claim);
        Assert.Equal(claim, AgentClaim.Of(_folder["state"]));
        Assert.NotEqual(claim, AgentClaim.Of(_folder["other"]));
        // The same state on another computer is another agent.
        var file = Directory.GetFiles(_folder["state"], "claim", SearchOption.AllDirectories).Single();
        File.WriteAllText(file, $"{claim} elsewhere");
        Assert.NotEqual(claim, AgentClaim.Of(_folder["state"]));
    }

    private SentBytes Open(long? most) => new(_folder["sent.json"], most, _time);
}
