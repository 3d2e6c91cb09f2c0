using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Uploads;

/// <summary>
/// The cached state of a stream is used once, within a moment, by its tenant, and never after a change that invalidated it.
/// </summary>
public sealed class RecentStreamsTests
{
    private readonly ManualTime _time = new();
    private readonly RecentStreams _recent;
    private readonly StreamInspection _seen;
    private readonly UploadId _id;

    public RecentStreamsTests()
    {
        _recent = new RecentStreams(_time);
        _id = UploadId.New();
        _seen = new StreamInspection(
            new Upload
            {
                Id = _id,
                Tenant = Caller.Operator.Tenant,
                Subject = "x",
                Protocol = UploadProtocol.Tus,
                State = UploadState.Open,
                StateAt = _time.GetUtcNow(),
                FileName = "x",
                ContentType = "x",
                Metadata = new Dictionary<string, string>(),
                CreatedAt = _time.GetUtcNow(),
                IdleAllowance = TimeSpan.FromDays(1),
            },
            null,
            null);
    }

    [Fact]
    public void A_cached_state_is_used_once()
    {
        _recent.Keep(_id, _seen, _recent.Mark(_id));
        Assert.True(_recent.Take(Caller.Operator, _id)!.IsCached);
        Assert.Null(_recent.Take(Caller.Operator, _id));
    }

    [Fact]
    public void A_cached_state_expires_after_a_moment()
    {
        _recent.Keep(_id, _seen, _recent.Mark(_id));
        _time.Advance(RecentStreams.Age);
        Assert.Null(_recent.Take(Caller.Operator, _id));
    }

    [Fact]
    public void A_cached_state_is_not_used_for_another_tenant()
    {
        _recent.Keep(_id, _seen, _recent.Mark(_id));
        Assert.Null(_recent.Take(new Caller("tenant-b", "x"), _id));
    }

    [Fact]
    public void A_statement_that_began_before_a_change_keeps_nothing_after_it()
    {
        var mark = _recent.Mark(_id);
        _recent.Forget(_id);
        _recent.Keep(_id, _seen, mark);
        Assert.Null(_recent.Take(Caller.Operator, _id));
    }

    [Fact]
    public void The_number_of_cached_states_is_bounded()
    {
        for (var i = 0; i < 3 * RecentStreams.Most; i++)
        {
            _recent.Keep(UploadId.New(), _seen, 0);
            Assert.InRange(_recent.Count, 1, RecentStreams.Most + RecentStreams.BetweenCounts);
        }

        _recent.Keep(_id, _seen, _recent.Mark(_id));
        Assert.NotNull(_recent.Take(Caller.Operator, _id));
    }
}
