using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Passes the events of the ledger, and the progress of everything that moves, to listeners. It reads the ledger a few times a second while
/// a client listens, so the code that records changes need not notify it.
/// </summary>
public sealed class EventFeed(
    IEventLedger ledger, ProgressBook progress, UploadHub hub, ChunkAdvisor advisor, CountUnrecorded countUnrecorded, TimeProvider time,
    ILogger<EventFeed> log)
    : PeriodicStep(Every, time, log)
{
    /// <summary>The shortest time between two messages about the progress of a topic, and between two reads of the ledger.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    public const int MostListeners = 4096;

    /// <summary>The most listeners of one tenant, so that others can still listen.</summary>
    public const int MostOfTenant = MostListeners * 3 / 4;

    /// <summary>The most listeners of a tenant's own keys together: an admin can make any number of keys, and each is a subject.</summary>
    public const int MostOfTenantKeys = MostListeners / 4;

    /// <summary>The most listeners of one caller, so that no caller takes all of them. Operators are exempt.</summary>
    public const int MostOfSubject = 64;

    private const int Page = 1000;
    private const int MostNotices = 10_000;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile EventListener[] _listeners = [];
    // The newest notice of each kind for each upload, until the next tick.
    private readonly ConcurrentDictionary<(UploadId Upload, Type Kind), UploadNotice> _notices = new();

    // The number of notices since the last tick. The dictionary's own count would take all of its locks.
    private int _noticed;
    private Dictionary<UploadId, long> _unrecorded = [];
    private EventCursor? _position;
    private long _reportedAt;

    public override int Order => StartOrder.Background + 10;

    public override string Name => "events";

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        hub.Noticed += Notice;
        advisor.Advised += Advise;
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Returns the keys of the listeners to which an event belongs.</summary>
    public static IReadOnlyList<string> KeysOf(LedgerEvent one)
    {
        // Another version of the service has recorded this kind. Only the owner and the tenant's admins receive such events.
        var hearers = EventKinds.Find(one.Kind)?.Hearers ?? (EventHearers.Owner | EventHearers.TenantAdmins);
        var keys = new List<string>(5) { EventListener.AllKey, EventListener.TopicKey(one.Topic) };
        if (hearers.HasFlag(EventHearers.Owner))
            keys.Add(EventListener.OwnKey(one.Tenant, one.Owner));
        if (hearers.HasFlag(EventHearers.TenantAdmins))
            keys.Add(EventListener.TenantKey(one.Tenant));
        if (hearers.HasFlag(EventHearers.Operators))
            keys.Add(EventListener.OperatorsKey);
        if (hearers.HasFlag(EventHearers.SpaceMembers))
            keys.Add(EventListener.SpaceKey(one.Topic.Id));
        return keys;
    }

    /// <summary>The current listeners.</summary>
    public IReadOnlyList<EventListener> Listeners => _listeners;

    /// <summary>Adds a listener. It receives nothing until <see cref="BeginAsync"/>.</summary>
    /// <param name="caller">The caller; null for the service itself.</param>
    /// <returns>Null if there are too many listeners, and whether these are the caller's own.</returns>
    public EventListener? Add(Caller? caller, out bool tooManyOfSubject)
    {
        var listener = new EventListener(this, caller);
        lock (_lock)
        {
            tooManyOfSubject = caller is not null && !caller.Scopes.HasFlag(Scopes.Operate)
                && (_listeners.Count(listener.IsOfSameSubject) >= MostOfSubject || IsTenantFull(caller));
            if (tooManyOfSubject || _listeners.Length >= MostListeners)
                return null;
            _listeners = [.. _listeners, listener];
        }

        return listener;
    }

    private bool IsTenantFull(Caller caller) =>
        _listeners.Count(one => one.Caller?.Tenant == caller.Tenant) >= MostOfTenant
        || (IsOwnKey(caller) && _listeners.Count(one => one.Caller is { } other && other.Tenant == caller.Tenant && IsOwnKey(other))
            >= MostOfTenantKeys);

    private static bool IsOwnKey(Caller caller) => SubjectId.Parse(caller.Subject)?.Key is not null;

    public Task<EventsEnd> EndAsync(CancellationToken cancellationToken) => ledger.EndAsync(cancellationToken);

    /// <summary>Starts to send the events of its keys to a listener.</summary>
    /// <returns>The cursor at which the events start; <see cref="ReplayAsync"/> returns those before it.</returns>
    public async Task<EventsEnd> BeginAsync(EventListener listener, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            // Advance to the end first, so that the listener gets exactly the events after the returned cursor.
            var end = await ledger.EndAsync(cancellationToken);
            if (_position is not { } position || position.Generation != end.End.Generation || !_listeners.Any(one => one.HasBegun))
                _position = end.End;
            else
                await ReadAsync(position, cancellationToken);
            listener.Begin();
            return end with { End = _position!.Value };
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Returns the events between two cursors that belong to the listener.</summary>
    public async IAsyncEnumerable<LedgerEvent> ReplayAsync(
        EventListener listener, EventCursor from, EventCursor to,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (from.IsBefore(to) && await ledger.ReadAsync(from, Page, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var one in page)
            {
                if (to.IsBefore(one.Cursor))
                    yield break;
                if (listener.Wants(one.Topic, KeysOf(one)))
                    yield return one;
            }

            from = page[^1].Cursor;
        }
    }

    /// <summary>Returns the current progress of the topics that the listener follows.</summary>
    public IEnumerable<Progress> Snapshot(EventListener listener)
    {
        var unrecorded = countUnrecorded();
        return progress.Since(0).DistinctBy(one => one.Topic)
            .Where(one => listener.Wants(one.Topic, KeysOf(one.Topic, one.Tenant, one.Owner)))
            .Select(one => WithSent(one, unrecorded));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _one.Dispose();
    }

    internal void Remove(EventListener listener)
    {
        lock (_lock)
            _listeners = [.. _listeners.Where(one => one != listener)];
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        if (!_listeners.Any(one => one.HasBegun))
        {
            _notices.Clear();
            Volatile.Write(ref _noticed, 0);
            progress.Forget();
            return;
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_position is { } position)
                await ReadAsync(position, cancellationToken);
        }
        finally
        {
            _one.Release();
            TellProgress();
        }
    }

    private async Task ReadAsync(EventCursor position, CancellationToken cancellationToken)
    {
        while (await ledger.ReadAsync(position, Page, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var one in page)
            {
                if (EventKinds.Ends(one.Kind))
                    progress.Remove(one.Topic);
                var keys = KeysOf(one);
                foreach (var listener in _listeners)
                    listener.Offer(one, keys);
            }

            _position = position = page[^1].Cursor;
        }
    }

    private void TellProgress()
    {
        var now = progress.Changes;
        var unrecorded = countUnrecorded();
        var moved = unrecorded.Where(one => _unrecorded.GetValueOrDefault(one.Key) != one.Value).Select(one => progress.Of(one.Key));
        foreach (var one in progress.Since(_reportedAt).Concat(moved.OfType<Progress>()).DistinctBy(one => one.Topic))
        {
            var progressed = WithSent(one, unrecorded);
            var keys = KeysOf(one.Topic, one.Tenant, one.Owner);
            foreach (var listener in _listeners)
                listener.Offer(progressed, keys);
        }

        (_reportedAt, _unrecorded) = (now, unrecorded);
        progress.Forget();
        Volatile.Write(ref _noticed, 0);
        foreach (var kind in _notices.Keys)
        {
            if (!_notices.TryRemove(kind, out var notice))
                continue;
            var keys = KeysOf(Topic.Of(notice.Upload), notice.Tenant, notice.Owner);
            foreach (var listener in _listeners)
                listener.Offer(notice, keys);
        }
    }

    private void Advise(Upload upload, AdviceStep step)
    {
        if (upload.RelayOf is null)
            Notice(new AdviceNotice(upload.Id, upload.Tenant, upload.Subject, step));
    }

    /// <summary>Passes on a notice of another node.</summary>
    internal void Hear(UploadNotice notice) => Notice(notice);

    private void Notice(UploadNotice notice)
    {
        if (_listeners.Length == 0 || Volatile.Read(ref _noticed) >= MostNotices)
            return;
        var kind = (notice.Upload, notice.GetType());
        if (_notices.TryAdd(kind, notice))
            _ = Interlocked.Increment(ref _noticed);
        else
            _notices[kind] = notice;
    }

    // Bytes that have arrived and are not recorded yet are known for uploads only.
    internal static Progress WithSent(Progress one, Dictionary<UploadId, long> unrecorded) =>
        one.Upload is { } upload && unrecorded.GetValueOrDefault(upload) is > 0 and var more
            ? one with { Done = Math.Min(one.Total ?? long.MaxValue, one.Safe + more) }
            : one;

    // The tenant's admins must not see what a member receives from the device of another member.
    internal static string[] KeysOf(Topic topic, string tenant, string owner) => topic.Kind == TopicKinds.FileTransfer
        ? [EventListener.AllKey, EventListener.OwnKey(tenant, owner), EventListener.TopicKey(topic)]
        : [EventListener.AllKey, EventListener.TenantKey(tenant), EventListener.OwnKey(tenant, owner), EventListener.TopicKey(topic)];
}
