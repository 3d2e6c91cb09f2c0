using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Checks;

/// <summary>
/// Asks the configured address whether an upload may be created, once the service's own rules permit it. Costs nothing if no address is
/// set.
/// </summary>
public sealed partial class CreationHook(
    IHookSender sender, IOptions<CheckOptions> options, TimeProvider time, ILogger<CreationHook> log)
{
    // Answers that mean something else to clients of the protocols, or to proxies, than that the upload is refused.
    private static readonly int[] Reserved = [401, 407, 408, 412, 421, 426, 431, 460];

    /// <summary>Why the upload may not be made, or null.</summary>
    public async ValueTask<UploadFailure?> RefuseAsync(NewStream stream, CancellationToken cancellationToken) =>
        IsSet
            ? await AskAsync(stream.Caller, UploadOf(
                stream.Protocol, stream.FileName, stream.ContentType, stream.Size, stream.Sha256, stream.Metadata, stream.IsPart),
                cancellationToken)
            : null;

    public async ValueTask<UploadFailure?> RefuseAsync(NewSession session, CancellationToken cancellationToken) =>
        IsSet
            ? await AskAsync(session.Caller, UploadOf(
                UploadProtocol.Session, session.FileName, session.ContentType, session.Size, session.Sha256, session.Metadata, false),
                cancellationToken)
            : null;

    public async ValueTask<UploadFailure?> RefuseAsync(NewFile file, long? size, CancellationToken cancellationToken) =>
        IsSet
            ? await AskAsync(file.Caller, UploadOf(
                UploadProtocol.Put, file.FileName, file.ContentType, size, file.Sha256, new Dictionary<string, string>(), false),
                cancellationToken)
            : null;

    private bool IsSet => options.Value.CreationUrl.Length > 0;

    // It has no id yet.
    private static WebhookUpload UploadOf(
        UploadProtocol protocol, string name, string contentType, long? size, Sha256Digest? sha256,
        IReadOnlyDictionary<string, string> metadata, bool isPart) =>
        new("", protocol.ToString().ToLowerInvariant(), name, contentType, size, 0, sha256?.ToString(), isPart, [], metadata);

    private async Task<UploadFailure?> AskAsync(Caller caller, WebhookUpload upload, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        var hook = new BlockingHook(
            sender, new Uri(settings.CreationUrl), settings.Format, WebhookSignature.Parse(settings.Secret), time);
        var verdict = await hook.AskAsync(
            $"create-{Guid.NewGuid():n}", WebhookKinds.Creating, WebhookMessage.Of(upload, caller.Subject, time.GetUtcNow()),
            settings.CreationTimeout, cancellationToken);
        switch (verdict.Accepts)
        {
            case true:
                return null;
            case false:
                return new UploadFailure(UploadError.RefusedByHook, verdict.Sentence ?? "The upload was refused.")
                {
                    Status = verdict.Status is >= 400 and <= 499 and var status && !Reserved.Contains(status) ? status : null,
                };
            default:
                NoVerdict(verdict.Sentence);
                return settings.WhileAway == CheckerAway.Accept
                    ? null
                    : new UploadFailure(UploadError.HookAway, "The checker of new uploads does not answer; try again in a moment.");
        }
    }

    [LoggerMessage(7706, LogLevel.Warning, "The address that decides about new uploads gave no verdict: {Sentence}")]
    private partial void NoVerdict(string? sentence);
}
