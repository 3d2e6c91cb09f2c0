using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>
/// The cache knows a chunk's range as free for a moment, for its tenant, and only if this process recorded all received bytes.
/// </summary>
public sealed class RecentSessionsTests
{
    private readonly ManualTime _time = new();
    private readonly RecentSessions _recent;
    private readonly UploadId _id = UploadId.New();

    public RecentSessionsTests()
    {
        _recent = new RecentSessions(_time);
        _recent.Begin(Session(_id));
    }

    [Fact]
    public void A_range_is_known_free_where_nothing_is_received()
    {
        Record(100, 100, 100);

        Assert.True(Look(0, 100)!.IsCached);
        Assert.Equal(100, Look(200, 100)!.Upload!.ReceivedBytes);
        Assert.Null(Look(0, 101));
        Assert.Null(Look(100, 100));
        Assert.Null(Look(150, 10));
        Assert.Null(Look(199, 1));
    }

    [Fact]
    public void A_range_is_known_free_for_a_moment_after_each_record()
    {
        _time.Advance(RecentStreams.Age);
        Assert.Null(Look(0, 100));
        Record(100, 100, 100);
        Assert.NotNull(Look(0, 100));
        _time.Advance(RecentStreams.Age);
        Assert.Null(Look(0, 100));
    }

    [Fact]
    public void No_range_is_known_free_after_a_failure_until_the_next_record()
    {
        _recent.Fail(_id);
        Assert.Null(Look(0, 100));
        Record(100, 100, 100);
        Assert.NotNull(Look(0, 100));
        _recent.Fail(UploadId.New());
        Assert.NotNull(Look(0, 100));
    }

    [Fact]
    public void No_range_is_known_free_to_another_tenant() =>
        Assert.Null(_recent.Find(new Caller("tenant-b", "x"), _id, new ByteRange(0, 100)));

    [Fact]
    public void No_range_is_known_free_once_another_process_has_recorded_bytes()
    {
        Record(100, 100, 150);
        Assert.Null(Look(300, 100));
    }

    [Fact]
    public void Answers_may_come_in_another_order_than_their_records()
    {
        Record(100, 100, 200);
        Assert.Null(Look(0, 100));
        Record(200, 100, 100);
        Assert.Equal(200, Look(0, 100)!.Upload!.ReceivedBytes);
    }

    [Fact]
    public void A_record_that_began_before_a_change_tells_nothing_after_it()
    {
        var before = _recent.Of(_id)!;
        _recent.Forget(_id);
        _recent.Add(before, new ByteRange(0, 100), Session(_id, 100));
        Assert.Null(Look(100, 100));
    }

    [Fact]
    public void Entry_that_does_not_fit_is_dropped()
    {
        Record(0, 100, 100);
        Record(50, 100, 200);
        Assert.Null(_recent.Of(_id));
    }

    [Fact]
    public void The_highest_possible_offset_works_like_any_other()
    {
        Record(long.MaxValue - 100, 100, 100);
        Assert.Null(Look(long.MaxValue - 1, 1));
        Assert.NotNull(Look(long.MaxValue - 101, 1));
    }

    [Fact]
    public void Chunks_of_any_size_in_any_order_leave_the_others_free()
    {
        var order = new Random(11);
        var edges = Enumerable.Range(0, 200).Select(_ => (long)order.Next(1, 9_999)).Append(0).Append(10_000).Distinct().Order().ToArray();
        var chunks = edges.Zip(edges[1..], ByteRange.Between).OrderBy(_ => order.Next()).ToArray();
        long received = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            Assert.All(chunks[i..], free => Assert.NotNull(Look(free.Offset, free.Length)));
            received += chunks[i].Length;
            Record(chunks[i].Offset, chunks[i].Length, received);
            Assert.All(chunks[..(i + 1)], taken => Assert.Null(Look(taken.End - 1, 2)));
        }
    }

    [Fact]
    public void The_cache_is_bounded()
    {
        for (var i = 0; i <= RecentSession.MostRuns; i++)
            Record(2 * i, 1, i + 1);
        Assert.Null(_recent.Of(_id));

        for (var i = 0; i < 3 * RecentSessions.Most; i++)
        {
            _recent.Begin(Session(UploadId.New()));
            Assert.InRange(_recent.Count, 1, RecentSessions.Most + RecentSessions.BetweenCounts);
        }
    }

    [Fact]
    public void Idle_sessions_are_evicted_first()
    {
        for (var i = 0; i < RecentSessions.Most; i++)
            _recent.Begin(Session(UploadId.New()));
        _time.Advance(RecentStreams.Age);
        Record(0, 100, 100);
        for (var i = 0; i < RecentSessions.BetweenCounts; i++)
            _recent.Begin(Session(UploadId.New()));

        Assert.NotNull(Look(100, 100));
        Assert.InRange(_recent.Count, 1, RecentSessions.BetweenCounts + 1);
    }

    private void Record(long offset, long length, long receivedAfter)
    {
        if (_recent.Of(_id) is { } session)
            _recent.Add(session, new ByteRange(offset, length), Session(_id, receivedAfter));
    }

    private ChunkInspection? Look(long offset, long length) => _recent.Find(Caller.Operator, _id, new ByteRange(offset, length));

    private Upload Session(UploadId id, long received = 0) => new()
    {
        Id = id,
        Tenant = Caller.Operator.Tenant,
        Subject = "x",
        Protocol = UploadProtocol.Session,
        State = UploadState.Open,
        StateAt = _time.GetUtcNow(),
        FileName = "x",
        ContentType = "x",
        Metadata = new Dictionary<string, string>(),
        CreatedAt = _time.GetUtcNow(),
        IdleAllowance = TimeSpan.FromDays(1),
        ReceivedBytes = received,
    };
}
