using ChunkUpload.Api.Files;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Turns what Core knows of an upload into what a client sees.</summary>
internal sealed class SessionViews(ChunkAdvisor advisor, ProgressBook progress, FileViews files, UploadOptions options, TimeProvider time)
{
    public SessionView Of(UploadStatus status) => Fill(new Draft(status.Upload, status.Missing, status.Failures));

    /// <summary>
    /// Returns the view for a caller. A caller of a link only gets data that it has sent: neither the file's place nor its owner.
    /// </summary>
    public SessionView For(Caller caller, UploadStatus status) =>
        caller.Grant is null ? Of(status) : Of(status) with { File = null, Owner = null, UserAgent = null };

    /// <summary>Returns the view in a list, without fields that need an extra query.</summary>
    public SessionView Of(Upload upload) => Fill(new Draft(upload, null, null));

    public CompletedView Completed(UploadStatus status) => CompletedView.Of(Of(status), FileViews.ContentUrl(status.Upload.Id));

    public ReceiptView Of(ChunkReceipt receipt) => new(
        receipt.Range.Offset, receipt.Range.Length, receipt.Sha256.ToString(), receipt.Upload.ReceivedBytes,
        receipt.Upload.Size - receipt.Upload.ReceivedBytes, advisor.Advise(receipt.Upload));

    public static ChunkView Of(Chunk chunk) => new(
        chunk.Range.Offset, chunk.Range.Length, chunk.Sha256.ToString(), chunk.Attempts, chunk.StartedAt, chunk.ReceivedAt);

    private readonly record struct Draft(Upload Upload, IReadOnlyList<ByteRange>? Missing, Failures? Failures);

    private SessionView Fill(Draft draft)
    {
        var upload = draft.Upload;
        var speed = Speed(upload);
        var continues = upload.State is UploadState.Open or UploadState.Paused;
        var left = upload.Size - upload.ReceivedBytes;
        // Bytes that are lost again do not contribute to the progress, so nothing can be calculated without durable bytes.
        double? seconds = upload is { State: UploadState.Open, ReceivedBytes: > 0 } && left > 0 && speed.Current > 0
            ? Math.Round(left.Value / speed.Current.Value, 1)
            : null;
        var done = upload.State == UploadState.Completed;
        return new SessionView
        {
            Id = upload.Id.ToString(),
            State = StateNames.Of(upload.State),
            StateAt = upload.StateAt,
            StateReason = upload.StateReason,
            Protocol = StateNames.Of(upload.Protocol),
            Priority = upload.Priority.Word(),
            Owner = upload.Subject,
            UserAgent = upload.UserAgent,
            FileName = upload.FileName,
            ContentType = upload.ContentType,
            Size = upload.Size,
            Sha256 = (upload.DeclaredSha256 ?? upload.Sha256)?.ToString(),
            Metadata = upload.Metadata,
            ReceivedBytes = upload.ReceivedBytes,
            MissingBytes = left,
            Percent = Percent(upload.ReceivedBytes, upload.Size),
            Speed = speed,
            Eta = seconds is < 1e9 ? time.GetUtcNow().AddSeconds(seconds.Value) : null,
            EtaSeconds = seconds,
            Missing = draft.Missing is { } missing ? RangeView.Of(missing) : null,
            ChunkCount = upload.ChunkCount,
            AttemptCount = upload.AttemptCount,
            Failures = new FailuresView(
                upload.FailureCount, upload.ConsecutiveFailures,
                draft.Failures?.LostBytes, draft.Failures?.KeptBytes, draft.Failures?.Last.Select(FailedAttemptView.Of).ToList()),
            Merge = new MergeView(upload.PlacedBytes, Percent(upload.PlacedBytes, upload.Size)),
            Codings = continues && upload.Protocol == UploadProtocol.Session ? ChunkCoding.Known : [],
            Advice = continues ? advisor.Advise(upload) : null,
            CreatedAt = upload.CreatedAt,
            FirstByteAt = upload.FirstByteAt,
            LastByteAt = upload.LastByteAt,
            CompletedAt = upload.CompletedAt,
            ExpiresAt = ExpiresAt(upload),
            DamagedAt = upload.DamagedAt,
            File = done ? files.Of(upload) : null,
        };
    }

    // The purge measures time by the service's own clock (E29). The client gets the time at which the purge happens if the service keeps
    // running.
    private DateTimeOffset? ExpiresAt(Upload upload)
    {
        if (!upload.IsLive || upload.State == UploadState.Checking)
            return upload.KeptUntil(options.KeepFinishedFor);
        var left = upload.IdleAllowance - upload.IdleFor;
        return time.GetUtcNow() + (left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private static double? Percent(long part, long? size) => size switch
    {
        null => null,
        0 => 100,
        // Rounded down, so that 100 means complete.
        { } whole => Math.Floor(10_000.0 * part / whole) / 100,
    };

    private SpeedView Speed(Upload upload)
    {
        var speed = progress.SpeedOf(upload.Id);
        return new SpeedView(
            upload.State == UploadState.Open ? Rounded(speed?.Current) ?? 0 : null, Rounded(speed?.Average), Rounded(speed?.Peak));
    }

    private static double? Rounded(double? speed) => speed is { } known ? Math.Round(known, 1) : null;
}
