using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Cli;

/// <summary>
/// The verb <c>health</c>: queries whether the running service is ready. Containers use it, because their image does not contain curl.
/// </summary>
internal static class HealthProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static async Task<bool> RunAsync(ServiceConfiguration configuration)
    {
        var options = configuration.Get<HostingOptions>();
        var address = Banner.Reachable(options.Urls[0]);
        var file = options.MakesCertificate ? SelfSignedCertificate.PathIn(configuration.Get<DataOptions>()) : options.CertificateFile;
        using var own = file is null || !File.Exists(file) ? null : X509CertificateLoader.LoadCertificateFromFile(file);
        using var handler = new SocketsHttpHandler();
        // The certificate names the public host, not the loopback address of this request; compare the whole certificate.
        handler.SslOptions.RemoteCertificateValidationCallback =
            (_, given, _, _) => own is not null && given is not null && given.GetRawCertData().AsSpan().SequenceEqual(own.RawData);
        using var client = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri($"{address}/health/ready"));
            Console.WriteLine($"{address}/health/ready: {(int)answer.StatusCode}");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Console.WriteLine($"{address}/health/ready: {e.Message}");
            return false;
        }
    }
}
