using ChunkUpload.Core.Hooks;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Checks;

/// <summary>Asks an address for the verdict. The request has the upload's metadata and none of its bytes.</summary>
public sealed class HookChecker(IHookSender sender, IOptions<CheckOptions> options, TimeProvider time) : IUploadChecker
{
    public async Task<CheckVerdict> CheckAsync(Upload upload, CheckedContent content, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        var hook = new BlockingHook(sender, new Uri(settings.Url), settings.Format, WebhookSignature.Parse(settings.Secret), time);
        var verdict = await hook.AskAsync(
            $"check-{upload.Id}", WebhookKinds.Checking, WebhookMessage.Of(WebhookUpload.Of(upload), upload.Subject, time.GetUtcNow()),
            settings.Timeout, cancellationToken);
        return verdict.Accepts switch
        {
            true => CheckVerdict.Accepted,
            false => CheckVerdict.Refused(verdict.Sentence),
            null => CheckVerdict.Failed(verdict.Sentence!),
        };
    }
}
