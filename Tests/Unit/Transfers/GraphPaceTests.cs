using System.Net;
using ChunkUpload.Core.Limits;
using ChunkUpload.Infrastructure.Connectors.Graph;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>All requests of a connection slow down together, as its answers ask for it.</summary>
public sealed class GraphPaceTests
{
    private static readonly Guid Connection = Guid.NewGuid();
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly GraphPace _pace;

    public GraphPaceTests() => _pace = new GraphPace(Options.Create(new GraphOptions()), new SharedUsage(), _time);

    [Fact]
    public void Nothing_waits_where_no_answer_has_asked_for_it()
    {
        Learn(HttpStatusCode.OK, null, ("RateLimit-Limit", "100"), ("RateLimit-Remaining", "50"), ("RateLimit-Reset", "30"));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, "item.get", Longest));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, "item.get", Longest));
    }

    [Fact]
    public void After_a_refusal_all_wait_until_its_time_and_other_connections_do_not()
    {
        Learn(HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromSeconds(30), _pace.Take(Connection, "item.get", Longest));
        Assert.Equal(TimeSpan.FromSeconds(30), _pace.Take(Connection, "item.get", Longest));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Guid.NewGuid(), "item.get", Longest));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, "item.get", Longest));
    }

    [Fact]
    public void What_is_left_of_an_allowance_is_spread_over_its_time()
    {
        Learn(HttpStatusCode.OK, null, ("RateLimit-Limit", "100"), ("RateLimit-Remaining", "10"), ("RateLimit-Reset", "20"));
        Assert.Equal([0, 4, 8], new[] { 1, 2, 3 }.Select(_ => _pace.Take(Connection, "item.get", Longest).TotalSeconds));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, "item.get", Longest));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, "item.get", Longest));
    }

    [Fact]
    public void The_limit_of_the_settings_holds_beside_what_the_answers_ask_for()
    {
        var options = new GraphOptions
        {
            CountBy = GraphOptions.ByUnits,
            AccountLimit = 10,
            LimitWindow = TimeSpan.FromSeconds(60),
        };
        var pace = new GraphPace(Options.Create(options), new SharedUsage(), _time);
        // Four times two units, one more, and then the next one waits for the first.
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal(TimeSpan.Zero, pace.Take(Connection, "item.children", Longest)));
        Assert.Equal(TimeSpan.Zero, pace.Take(Connection, "item.get", Longest));
        Assert.True(pace.Take(Connection, "item.children", Longest) > Longest);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(TimeSpan.Zero, pace.Take(Connection, "item.children", Longest));
    }

    private void Learn(HttpStatusCode status, TimeSpan? after, params (string Name, string Value)[] headers)
    {
        using var answer = new HttpResponseMessage(status);
        foreach (var (name, value) in headers)
            answer.Headers.Add(name, value);
        _pace.Learn(Connection, status, answer.Headers, after);
    }
}
