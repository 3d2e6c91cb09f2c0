using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Outbound.S3;

/// <summary>
/// Makes clients of the SDK that share connections and limit the answers that they read. A client repeats nothing by itself, because its
/// caller decides what follows from a failure; and it reads no setting, key or address from the machine it runs on.
/// </summary>
internal sealed class S3Sdk : IDisposable
{
    /// <summary>Bodies are read, signed and sent in blocks of it.</summary>
    private const int BufferSize = 128 << 10;

    private readonly HttpClient _http;
    private readonly Factory _factory;

    /// <param name="handler">Makes the connections. It is disposed of with this.</param>
    public S3Sdk(SocketsHttpHandler handler)
    {
        _http = new HttpClient(new S3AnswerLimit(handler)) { Timeout = Timeout.InfiniteTimeSpan };
        _factory = new Factory(_http);
    }

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

    public void Dispose() => _http.Dispose();

    private sealed class Factory(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
