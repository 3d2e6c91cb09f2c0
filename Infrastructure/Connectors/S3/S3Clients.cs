using System.Collections.Concurrent;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>
/// The SDK's clients, one for each connection, over connections that are checked as those of webhooks are. The engine decides what follows
/// from a failure, so a client repeats nothing by itself; and it reads no setting, key or address from the machine it runs on.
/// </summary>
internal sealed class S3Clients : IDisposable
{
    /// <summary>Pieces are read, signed and sent in blocks of it.</summary>
    private const int BufferSize = 128 << 10;

    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, Known> _known = new();
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly Factory _factory;

    public S3Clients(IOptions<ConnectionOptions> options, TimeProvider time)
    {
        _time = time;
        _http = new HttpClient(new S3AnswerLimit(OutboundHandler.Create(options.Value.AllowPrivateNetworks)))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _factory = new Factory(_http);
    }

    /// <summary>The client of a key that was read within a second, because small files come faster; null: read the key.</summary>
    public AmazonS3Client? Recent(Guid connection) =>
        _known.TryGetValue(connection, out var known) && _time.GetElapsedTime(known.ReadAt) < RememberFor ? known.Client : null;

    /// <param name="epoch">Of the secret: a replaced key gets another client.</param>
    public AmazonS3Client Get(Guid connection, long epoch, S3Settings settings, AccessKey key)
    {
        var client = _known.TryGetValue(connection, out var known) && known.Epoch == epoch ? known.Client : Make(settings, key);
        _known[connection] = new Known(epoch, client, _time.GetTimestamp());
        return client;
    }

    public void Forget(Guid connection) => _known.TryRemove(connection, out _);

    public void Dispose() => _http.Dispose();

    /// <summary>A client that is not remembered.</summary>
    public AmazonS3Client Make(S3Settings settings, AccessKey key)
    {
        var config = new AmazonS3Config
        {
            DefaultConfigurationMode = DefaultConfigurationMode.Standard,
            IgnoreConfiguredEndpointUrls = true,
            AuthenticationRegion = settings.Region,
            ForcePathStyle = settings.PathStyle,
            // Each request says whether it has one: other stores than Amazon's refuse those that the SDK adds by itself.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_SUPPORTED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            BufferSize = BufferSize,
            Timeout = Timeout.InfiniteTimeSpan,
            AllowAutoRedirect = false,
            DisableLogging = true,
            DisableS3ExpressSessionAuth = true,
            HttpClientFactory = _factory,
        };
        if (settings.Endpoint is { } endpoint)
            config.ServiceURL = endpoint.AbsoluteUri;
        else
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        return new AmazonS3Client(new BasicAWSCredentials(key.Id, key.Secret), config);
    }

    private sealed record Known(long Epoch, AmazonS3Client Client, long ReadAt);

    private sealed class Factory(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
