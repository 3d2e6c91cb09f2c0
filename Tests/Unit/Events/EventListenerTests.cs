using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Tests.Unit.Events;

/// <summary>The events that are buffered for a slow reader.</summary>
public sealed class EventListenerTests
{
    private static readonly UploadId Upload = new(Guid.NewGuid());
    private static readonly string[] Keys = [EventListener.TopicKey(Topic.Of(Upload))];

    [Fact]
    public void Progress_that_a_slow_reader_has_not_taken_is_replaced()
    {
        var listener = RunningLifetime();
        for (var i = 1; i <= 5000; i++)
            listener.Offer(Progress(i), Keys);
        Assert.Equal(5000, Assert.Single(listener.Take()!.Value.Progress).Safe);
        Assert.Empty(listener.Take()!.Value.Progress);
    }

    [Fact]
    public void The_newest_notice_of_each_kind_waits()
    {
        var listener = RunningLifetime();
        for (var i = 0; i < 100; i++)
        {
            listener.Offer(new ChunkNotice(Upload, "t", "o", new ByteRange(i, 1)), Keys);
            listener.Offer(new RetryNotice(Upload, "t", "o", new FailedAttempt(default, "idle", i, 0, 0, default)), Keys);
        }

        var notices = listener.Take()!.Value.Notices;
        Assert.Equal(99, Assert.Single(notices.OfType<ChunkNotice>()).Range.Offset);
        Assert.Equal(99, Assert.Single(notices.OfType<RetryNotice>()).Attempt.Offset);
    }

    [Fact]
    public void A_reader_that_falls_too_far_behind_begins_anew()
    {
        var listener = RunningLifetime();
        for (var i = 1; i <= 1000; i++)
            listener.Offer(Event(i), Keys);
        Assert.Equal(1000, listener.Take()!.Value.Events.Count);
        for (var i = 1; i <= 1001; i++)
            listener.Offer(Event(i), Keys);
        Assert.Null(listener.Take());
    }

    [Fact]
    public void A_listener_gets_no_event_before_the_stream_begins()
    {
        var listener = new EventListener(null!, null);
        listener.Subscribe(Keys);
        listener.Offer(Event(1), Keys);
        listener.Offer(Progress(1), Keys);
        listener.Begin();
        Assert.Empty(listener.Take()!.Value.Events);
    }

    [Fact]
    public void A_listener_hears_nothing_of_another_tenant()
    {
        var admin = new Caller("acme", "user:1") { Scopes = Scopes.All, SeesAll = true };
        var listener = new EventListener(null!, admin);
        listener.Subscribe([EventListener.TenantKey("acme"), EventListener.OwnKey("acme", "user:1")]);
        listener.Begin();
        var topic = Topic.Of(Upload);
        Assert.True(listener.Wants(topic, [EventListener.TenantKey("acme")]));
        Assert.True(listener.Wants(topic, [EventListener.OwnKey("acme", "user:1")]));
        string[] others =
            [EventListener.TenantKey("other"), EventListener.OwnKey("other", "user:1"), EventListener.OwnKey("acme", "user:2")];
        Assert.False(listener.Wants(topic, others));
        listener.Offer(Event(1), others);
        Assert.Empty(listener.Take()!.Value.Events);
    }

    private static EventListener RunningLifetime()
    {
        var listener = new EventListener(null!, null);
        listener.Subscribe(Keys);
        listener.Begin();
        return listener;
    }

    private static LedgerEvent Event(long id) => new(new EventCursor(1, 1, id), default, "t", "o", "s", Topic.Of(Upload), "paused", "{}");

    private static Progress Progress(long received) => new(Topic.Of(Upload), "t", "o", "n", received, null, default);
}
