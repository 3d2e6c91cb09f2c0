using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Straight;

/// <summary>
/// The certificate with which this computer proves to other devices who it is. It is made once; only its public key counts, and neither
/// its name nor its dates do.
/// </summary>
internal sealed class DeviceIdentity : IDisposable
{
    private const string FileName = "key.pem";
    private const int MostBytes = 64 << 10;

    private DeviceIdentity(X509Certificate2 certificate) =>
        (Certificate, Fingerprint) = (certificate, FingerprintOf(certificate));

    public X509Certificate2 Certificate { get; }

    /// <summary>The SHA-256 of the public key.</summary>
    public byte[] Fingerprint { get; }

    public string FingerprintText => Convert.ToHexStringLower(Fingerprint);

    public static byte[] FingerprintOf(X509Certificate2 certificate) =>
        SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>Returns the file that has the key.</summary>
    /// <param name="states">The folder of the client's state.</param>
    public static string PathIn(string states) => Path.Combine(states, "device", FileName);

    /// <param name="states">The folder of the client's state.</param>
    /// <exception cref="TransferException">The key cannot be read or written.</exception>
    public static DeviceIdentity Of(string states)
    {
        var path = PathIn(states);
        try
        {
            return new DeviceIdentity(Read(path) ?? Make(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local($"{path} cannot be read or written: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            // Another key would be another device.
            throw TransferException.Local(
                $"{path} is damaged. Bring it back from a backup, or remove it and give this computer a new key by cu login.", failure);
        }
    }

    public void Dispose() => Certificate.Dispose();

    private static X509Certificate2? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        // A copy by hand may have opened it to others.
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != PrivateFile.Mode)
            File.SetUnixFileMode(path, PrivateFile.Mode);
        using var file = File.OpenRead(path);
        if (file.Length > MostBytes)
            throw new CryptographicException("It is too long for a key.");
        using var reader = new StreamReader(file, Encoding.ASCII);
        var text = reader.ReadToEnd();
        using var read = X509Certificate2.CreateFromPem(text, text);
        // Windows uses only keys that were imported.
        var imported = read.Export(X509ContentType.Pkcs12);
#if NET9_0_OR_GREATER
        return X509CertificateLoader.LoadPkcs12(imported, null);
#else
        return new X509Certificate2(imported);
#endif
    }

    private static X509Certificate2 Make(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=chunkupload device", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(
            new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero));
        PrivateFile.CreateFolder(Path.GetDirectoryName(path)!);
        var fresh = $"{path}.{Guid.NewGuid():n}";
        using (var file = File.Open(fresh, PrivateFile.Options(FileMode.CreateNew, FileAccess.Write, FileShare.None)))
        {
            file.Write(Encoding.ASCII.GetBytes($"{key.ExportPkcs8PrivateKeyPem()}\n{made.ExportCertificatePem()}\n"));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(fresh, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster; its key is used.
            File.Delete(fresh);
        }

        return Read(path)!;
    }
}
