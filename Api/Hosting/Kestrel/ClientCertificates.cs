using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Validates client certificates: they must be issued by an authority of Host:ClientCaFile, be currently valid and permit client
/// authentication. A connection without one is also accepted; its requests need a key.
/// </summary>
internal sealed class ClientCertificates(HostingOptions options, TimeProvider time)
{
    private static readonly Oid ForClients = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2Collection? _authorities = options.ClientCaFile is { } file ? Read(file) : null;

    public void Ask(SslServerAuthenticationOptions connection)
    {
        if (_authorities is null)
            return;
        connection.ClientCertificateRequired = true;
        connection.RemoteCertificateValidationCallback = (_, given, chain, _) => given is null || IsOurs(given, chain);
        // A resumed session does not contain the certificate.
        connection.AllowTlsResume = false;
    }

    private bool IsOurs(X509Certificate given, X509Chain? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities!);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(ForClients);
        foreach (var element in sent?.ChainElements.Skip(1) ?? [])
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var certificate = new X509Certificate2(given);
        return chain.Build(certificate);
    }

    private static X509Certificate2Collection Read(string file)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(file);
            return all.Count > 0 ? all : throw new CryptographicException("there is no certificate in it");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The authorities for clients in {file} cannot be read: {e.Message}", e);
        }
    }
}
