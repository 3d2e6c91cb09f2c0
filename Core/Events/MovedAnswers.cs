using System.Collections.Concurrent;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Answers other nodes that have listeners with the progress at this node. Notices are kept for them only while they ask.
/// </summary>
public sealed class MovedAnswers(
    ProgressBook progress, UploadHub hub, ChunkAdvisor advisor, CountUnrecorded countUnrecorded, TimeProvider time)
{
    private const int MostNotices = 10_000;

    // Several nodes ask, each a few times a second.
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // The newest notice of each kind for each upload, with its number.
    private readonly ConcurrentDictionary<(UploadId Upload, Type Kind), Numbered> _notices = new();
    private long _askedAt;
    private bool _listens;

    public MovedAnswer Answer(MovedRequest request)
    {
        Listen();
        var until = progress.Changes;
        var keys = request.Keys?.ToHashSet(StringComparer.Ordinal);
        var unrecorded = countUnrecorded();
        // Bytes that have arrived since the last record count as moved, too.
        var arriving = unrecorded.Where(one => one.Value > 0).Select(one => progress.OfHere(one.Key)).OfType<Progress>();
        return new MovedAnswer(
            until,
            [.. progress.SinceHere(request.Since).Concat(arriving).DistinctBy(one => one.Topic)
                .Where(one => Wants(EventFeed.KeysOf(one.Topic, one.Tenant, one.Owner)))
                .Select(one => EventFeed.WithSent(one, unrecorded))],
            [.. _notices.Values.Where(one => one.Number > request.Since).Select(one => one.Notice)
                .Where(one => Wants(EventFeed.KeysOf(Topic.Of(one.Upload), one.Tenant, one.Owner)))]);

        bool Wants(IEnumerable<string> of) => keys is null || of.Any(keys.Contains);
    }

    private void Listen()
    {
        lock (_gate)
        {
            _askedAt = time.GetTimestamp();
            if (!_listens)
            {
                _listens = true;
                hub.Noticed += Notice;
                advisor.Advised += Advise;
            }
        }

        foreach (var (kind, one) in _notices)
        {
            if (time.GetElapsedTime(one.At) > Kept)
                _notices.TryRemove(KeyValuePair.Create(kind, one));
        }
    }

    private void Advise(Upload upload, AdviceStep step)
    {
        if (upload.RelayOf is null)
            Notice(new AdviceNotice(upload.Id, upload.Tenant, upload.Subject, step));
    }

    private void Notice(UploadNotice notice)
    {
        if (time.GetElapsedTime(Volatile.Read(ref _askedAt)) > Kept || _notices.Count >= MostNotices)
            return;
        _notices[(notice.Upload, notice.GetType())] = new Numbered(progress.NextChange(), notice, time.GetTimestamp());
    }

    private sealed record Numbered(long Number, UploadNotice Notice, long At);
}
