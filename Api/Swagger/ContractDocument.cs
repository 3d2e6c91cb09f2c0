using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Hosting;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace ChunkUpload.Api.Swagger;

/// <summary>The contract as bytes that all answers share. Building it costs 90 ms of processor time, so it is built once.</summary>
internal sealed class ContractDocument(IServiceProvider services)
{
    /// <summary>The placeholder in the texts for the address at which the contract is served.</summary>
    public const string SampleAddress = "http://127.0.0.1:8080";

    // The client chooses the Host header; invented names must not make the service keep a copy for each.
    private const int MaxAddresses = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<ContractCopy>> _copies = new(StringComparer.Ordinal);
    private Task<string>? _text;

    /// <summary>Returns the contract with the address by which this client reaches the service.</summary>
    public Task<ContractCopy> ForAsync(HttpRequest request)
    {
        var address = PublicAddress.Of(request, "");
        lock (_lock)
        {
            if (_copies.TryGetValue(address, out var copy))
                return copy;
            if (_copies.Count >= MaxAddresses)
                address = SampleAddress;
            if (!_copies.TryGetValue(address, out copy))
                _copies[address] = copy = Task.Run(async () => ContractCopy.Of(await TextAsync(), address));
            return copy;
        }
    }

    private Task<string> TextAsync()
    {
        lock (_lock)
            return _text ??= Task.Run(Build);
    }

    private string Build()
    {
        var document = services.GetRequiredService<ISwaggerProvider>().GetSwagger(ContractRegistration.Version);
        using var text = new StringWriter { NewLine = "\n" };
        document.SerializeAsV3(new OpenApiJsonWriter(text));
        return text.ToString();
    }
}

/// <summary>The contract for one address, plain and compressed, each with its entity tag.</summary>
internal sealed record ContractCopy(ContractCopy.Form Plain, ContractCopy.Form Gzip, ContractCopy.Form Brotli)
{
    internal sealed record Form(ReadOnlyMemory<byte> Bytes, string? Coding, string ETag);

    public static ContractCopy Of(string text, string address)
    {
        var named = JsonEncodedText.Encode(address).ToString();
        var bytes = Encoding.UTF8.GetBytes(text.Replace(ContractDocument.SampleAddress, named, StringComparison.Ordinal));
        var tag = Convert.ToHexStringLower(SHA256.HashData(bytes))[..32];
        return new ContractCopy(
            new Form(bytes, null, $"\"{tag}\""),
            new Form(Compress(bytes, target => new GZipStream(target, CompressionLevel.Optimal)), "gzip", $"\"{tag}-gzip\""),
            new Form(Compress(bytes, target => new BrotliStream(target, CompressionLevel.Optimal)), "br", $"\"{tag}-br\""));
    }

    private static byte[] Compress(byte[] bytes, Func<Stream, Stream> coder)
    {
        using var compressed = new MemoryStream();
        using (var stream = coder(compressed))
            stream.Write(bytes);
        return compressed.ToArray();
    }
}
