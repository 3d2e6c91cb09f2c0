using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ChunkUpload.Tests.Support;

/// <summary>A root, and an authority below it that signs certificates of servers and clients.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _middle;

    public TestAuthority()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = Request("CN=Test root", rootKey, isAuthority: true);
        _root = root.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middle = Request("CN=Test authority", middleKey, isAuthority: true)
            .Create(_root, now.AddDays(-2), now.AddDays(2), RandomNumberGenerator.GetBytes(8));
        _middle = middle.CopyWithPrivateKey(middleKey);
    }

    /// <summary>Writes the root and the authority in the form in which a service is given its clients' authorities.</summary>
    public void Write(string file) => File.WriteAllText(file, $"{_root.ExportCertificatePem()}\n{_middle.ExportCertificatePem()}\n");

    /// <summary>Writes the chain without its root.</summary>
    public void WriteServer(string certificateFile, string keyFile, string name)
    {
        using var leaf = Sign($"CN={name}", ForServers, TimeSpan.FromDays(1));
        using var key = leaf.GetECDsaPrivateKey()!;
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificateFile, $"{leaf.ExportCertificatePem()}\n{_middle.ExportCertificatePem()}\n");
    }

    public X509Certificate2 Client(string subject, bool isForServers = false, bool hasEnded = false) =>
        Sign(subject, isForServers ? ForServers : ForClients, hasEnded ? TimeSpan.FromHours(-1) : TimeSpan.FromDays(1));

    /// <summary>Returns whether the certificates that were sent lead to the root.</summary>
    public bool Trusts(X509Certificate2 certificate, X509Chain sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        _root.Dispose();
        _middle.Dispose();
    }

    private X509Certificate2 Sign(string subject, string purpose, TimeSpan life)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(subject, key, isAuthority: false);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        using var leaf = request.Create(_middle, now.AddDays(-1), now + life, RandomNumberGenerator.GetBytes(8));
        using var both = leaf.CopyWithPrivateKey(key);
        // A key that was only just made cannot be used for TLS on every system.
        return X509CertificateLoader.LoadPkcs12(
            both.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static CertificateRequest Request(string subject, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        return request;
    }
}
