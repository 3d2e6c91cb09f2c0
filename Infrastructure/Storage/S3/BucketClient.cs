using System.Net;
using System.Net.Http.Headers;
using System.Xml;
using System.Xml.Linq;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Storage.S3;

/// <summary>
/// Sends requests to one bucket. A request that failed for a moment is repeated twice. After one that found no bucket, requests fail at
/// once for a second, so that a bucket that is cut off does not make each reader wait.
/// </summary>
/// <remarks>Whatever is sent here can be repeated: objects are written once, under names that are never used again.</remarks>
internal sealed class BucketClient : IDisposable
{
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private const int LongestError = 64 << 10;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RestAfterSilence = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)];

    private readonly S3Settings _settings;
    private readonly TimeProvider _time;
    private readonly S3Sdk _sdk;
    private readonly HttpMessageInvoker _http;
    private readonly AmazonS3Client _s3;
    private long _silentAt;
    private int _isSilent;

    public BucketClient(S3Settings settings, AccessKey key, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        // The operator has named the address, so it may be anywhere.
        var handler = OutboundHandler.Create(anywhere: true);
        handler.ConnectTimeout = ConnectTimeout;
        _sdk = new S3Sdk(handler);
        _http = new HttpMessageInvoker(handler, disposeHandler: false);
        _s3 = _sdk.Make(settings, key);
    }

    /// <summary>Called once when the bucket stops answering, with the reason, and once when it answers again, with null.</summary>
    public Action<string?>? Changed { get; init; }

    public string Bucket => _settings.Bucket!;

    /// <summary>The folder in the bucket; empty, or with a slash at its end.</summary>
    public string Folder => _settings.Prefix;

    /// <summary>The bucket for people.</summary>
    public string Name => _settings.Account;

    /// <summary>Sends a request and waits for the head of the answer.</summary>
    /// <param name="patience">How long the answer may take; <c>null</c>: the usual time.</param>
    /// <exception cref="BucketException">The bucket does not answer, or refuses.</exception>
    public Task<T> SendAsync<T>(
        Func<IAmazonS3, CancellationToken, Task<T>> send, CancellationToken cancellationToken, TimeSpan? patience = null) =>
        RepeatAsync(() => OnceAsync(send, patience ?? AnswerTimeout, cancellationToken), cancellationToken);

    /// <summary>Finds an object, and waits for it on this thread: the SDK has no such call.</summary>
    /// <returns><c>null</c> if the bucket answers that it has no such object.</returns>
    /// <exception cref="BucketException">The bucket does not answer, or refuses.</exception>
    public BucketObject? Find(string key)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return FindOnce(key);
            }
            catch (BucketException reason) when (PauseAfter(reason, attempt) is { } pause)
            {
                Task.Delay(pause, _time).Wait();
            }
        }
    }

    public async Task<BucketObject?> FindAsync(string key, CancellationToken cancellationToken) =>
        await Task.Run(() => Find(key), cancellationToken);

    /// <summary>The failure of a request for this reason; <c>null</c> if it is a fault of the program.</summary>
    public BucketException? Failed(Exception reason)
    {
        if (reason is BucketException known)
            return known;
        var isSilent = IsSilence(reason);
        if (isSilent)
        {
            Volatile.Write(ref _silentAt, _time.GetTimestamp());
            if (Interlocked.Exchange(ref _isSilent, 1) == 0)
                Changed?.Invoke(reason is OperationCanceledException ? "It did not answer in time." : reason.Message);
        }

        if (reason is AmazonServiceException refused && refused.StatusCode != default && !S3Faults.IsTooLong(refused))
        {
            var fault = S3Faults.OtherRegionOf(refused) is { } region
                ? new StorageFault(FaultKind.Refused, $"It is in the region {region}: set Storage:S3:Region to it.")
                : S3Faults.Of(refused);
            return new BucketException(fault, refused.ErrorCode ?? "", reason) { IsUnknown = ReferenceEquals(fault, S3Faults.Unknown) };
        }

        if (reason is OperationCanceledException)
        {
            return new BucketException(new StorageFault(FaultKind.Transient, "The storage did not answer in time."), "", reason)
            {
                IsSilent = true,
            };
        }

        return S3Faults.OfNetwork(reason) is { } network ? new BucketException(network, "", reason) { IsSilent = isSilent } : null;
    }

    public void Dispose()
    {
        _s3.Dispose();
        _http.Dispose();
        _sdk.Dispose();
    }

    private static bool IsSilence(Exception? reason) => reason switch
    {
        null => false,
        OperationCanceledException or TimeoutException => true,
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError
        } => true,
        _ => IsSilence(reason.InnerException),
    };

    private static string CodeOf(HttpResponseMessage answer)
    {
        try
        {
            using var body = answer.Content.ReadAsStream();
            using var reader = XmlReader.Create(
                body, new XmlReaderSettings { MaxCharactersInDocument = LongestError, DtdProcessing = DtdProcessing.Prohibit });
            return XDocument.Load(reader).Root?.Elements().FirstOrDefault(one => one.Name.LocalName == "Code")?.Value ?? "";
        }
        catch (XmlException)
        {
            return "";
        }
    }

    private async Task<T> RepeatAsync<T>(Func<Task<T>> send, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await send();
            }
            catch (BucketException reason) when (PauseAfter(reason, attempt) is { } pause)
            {
                await Task.Delay(pause, _time, cancellationToken);
            }
        }
    }

    /// <summary>How long to wait before the request is repeated; <c>null</c>: it is not.</summary>
    private static TimeSpan? PauseAfter(BucketException reason, int attempt) =>
        !reason.MayPass || reason.IsSilent || attempt >= Pauses.Length ? null
        : reason.Fault.After is { } asked && asked < LongestPause ? asked : Pauses[attempt];

    private async Task<T> OnceAsync<T>(
        Func<IAmazonS3, CancellationToken, Task<T>> send, TimeSpan patience, CancellationToken cancellationToken)
    {
        RequireRested();
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(patience);
        try
        {
            return Answered(await send(_s3, waiting.Token));
        }
        catch (Exception reason) when (!cancellationToken.IsCancellationRequested && Failed(reason) is { } failure)
        {
            throw failure;
        }
    }

    private BucketObject? FindOnce(string key)
    {
        RequireRested();
        using var waiting = new CancellationTokenSource(AnswerTimeout, _time);
        try
        {
            // The SDK signs with the storage's time, which may differ from this machine's. The address is used at once, and never shown.
            using var request = new HttpRequestMessage(HttpMethod.Get, _s3.GetPreSignedURL(new GetPreSignedUrlRequest
            {
                BucketName = Bucket,
                Key = key,
                Verb = HttpVerb.GET,
                Protocol = _settings.Endpoint?.Scheme == Uri.UriSchemeHttp ? Protocol.HTTP : Protocol.HTTPS,
                Expires = _time.GetUtcNow().UtcDateTime.AddDays(3),
            }));
            // One byte tells of the object what HEAD does. A refused HEAD does not say whether the object or the bucket is missing.
            request.Headers.Range = new RangeHeaderValue(0, 0);
            using var answer = _http.Send(request, waiting.Token);
            return Read(Answered(answer));
        }
        catch (Exception reason) when (Failed(reason) is { } failure)
        {
            throw failure;
        }
    }

    private static BucketObject? Read(HttpResponseMessage answer)
    {
        var length = answer.StatusCode switch
        {
            HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable => answer.Content.Headers.ContentRange?.Length,
            HttpStatusCode.OK => answer.Content.Headers.ContentLength,
            _ => null,
        };
        if (length is { } found)
            return new BucketObject(found, answer.Headers.ETag?.Tag ?? "", answer.Headers.Date);
        var code = CodeOf(answer);
        var failure = new BucketException(S3Faults.Of(code, answer.StatusCode), code);
        return failure.IsNoSuchKey ? null : throw failure;
    }

    private T Answered<T>(T answer)
    {
        if (Volatile.Read(ref _isSilent) == 1 && Interlocked.Exchange(ref _isSilent, 0) == 1)
            Changed?.Invoke(null);
        return answer;
    }

    private void RequireRested()
    {
        var silentAt = Volatile.Read(ref _silentAt);
        if (silentAt != 0 && _time.GetElapsedTime(silentAt) < RestAfterSilence)
        {
            throw new BucketException(new StorageFault(FaultKind.Transient, "The storage did not answer a moment ago."), "")
            {
                IsSilent = true,
            };
        }
    }
}

/// <summary>An object that was found.</summary>
/// <param name="Tag">Changes with the content.</param>
/// <param name="Now">The time at the storage.</param>
internal sealed record BucketObject(long Length, string Tag, DateTimeOffset? Now);
