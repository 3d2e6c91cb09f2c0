using System.Net;
using ChunkUpload.Infrastructure.Connectors.Graph;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>All requests of a connection slow down together, as its answers ask for it.</summary>
public sealed class GraphPaceTests
{
    private static readonly Guid Connection = Guid.NewGuid();
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly GraphPace _pace;

    public GraphPaceTests() => _pace = new GraphPace(_time);

    [Fact]
    public void Nothing_waits_where_no_answer_has_asked_for_it()
    {
        Learn(HttpStatusCode.OK, null, ("RateLimit-Limit", "100"), ("RateLimit-Remaining", "50"), ("RateLimit-Reset", "30"));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, Longest));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, Longest));
    }

    [Fact]
    public void After_a_refusal_all_wait_until_its_time_and_other_connections_do_not()
    {
        Learn(HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromSeconds(30), _pace.Take(Connection, Longest));
        Assert.Equal(TimeSpan.FromSeconds(30), _pace.Take(Connection, Longest));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Guid.NewGuid(), Longest));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, Longest));
    }

    [Fact]
    public void What_is_left_of_an_allowance_is_spread_over_its_time()
    {
        Learn(HttpStatusCode.OK, null, ("RateLimit-Limit", "100"), ("RateLimit-Remaining", "10"), ("RateLimit-Reset", "20"));
        Assert.Equal([0, 4, 8], new[] { 1, 2, 3 }.Select(_ => _pace.Take(Connection, Longest).TotalSeconds));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, Longest));
        Assert.Equal(TimeSpan.Zero, _pace.Take(Connection, Longest));
    }

    private void Learn(HttpStatusCode status, TimeSpan? after, params (string Name, string Value)[] headers)
    {
        using var answer = new HttpResponseMessage(status);
        foreach (var (name, value) in headers)
            answer.Headers.Add(name, value);
        _pace.Learn(Connection, status, answer.Headers, after);
    }
}
