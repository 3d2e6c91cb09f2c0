using ChunkUpload.Core.Access;
using ChunkUpload.Core.Checks;
using ChunkUpload.Core.Hooks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Intake;

/// <summary>
/// Asks the configured address whether an upload may be created, once the service's own rules permit it. Costs nothing if no address is
/// set.
/// </summary>
public sealed partial class CreationHook(
    IHookSender sender, IOptions<CheckOptions> options, TimeProvider time, ILogger<CreationHook> log)
{
    // Statuses that clients or proxies would not interpret as a refused upload.
    private static readonly int[] Reserved = [401, 407, 408, 412, 421, 426, 431, 460];

    /// <summary>Returns why the upload may not be created, or null.</summary>
    public async ValueTask<UploadFailure?> RefuseAsync(WantedUpload wanted, CancellationToken cancellationToken) =>
        options.Value.CreationUrl.Length > 0 ? await AskAsync(wanted.Caller, UploadOf(wanted), cancellationToken) : null;

    // The upload has no id yet.
    private static WebhookUpload UploadOf(WantedUpload wanted) =>
        new("", wanted.Protocol.ToString().ToLowerInvariant(), wanted.FileName, wanted.ContentType, wanted.Size, 0,
            wanted.Sha256?.ToString(), wanted.IsPart, [], wanted.Metadata);

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
