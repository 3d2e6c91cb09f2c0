using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Wire;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace ChunkUpload.Api.Swagger;

/// <summary>The contract as bytes that all answers share. Building it costs 90 ms of processor time, so it is built once.</summary>
internal sealed class ContractDocument(IServiceProvider services, TimeProvider time)
{
    /// <summary>The placeholder in the texts for the address at which the contract is served.</summary>
    public const string SampleAddress = "http://127.0.0.1:8080";

    // The client chooses the Host header: invented names must neither fill the memory with copies nor push out the copy for the real name.
    private const int MaxAddresses = 4;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Made> _copies = new(StringComparer.Ordinal);
    private Task<string>? _text;

    /// <summary>
    /// Returns the contract with the address by which this client reaches the service. When the cache is full of recent addresses, a
    /// further address gets the contract with the placeholder.
    /// </summary>
    public Task<SharedBytes> ForAsync(HttpRequest request)
    {
        var (address, now) = (PublicAddress.Of(request, ""), time.GetTimestamp());
        lock (_lock)
        {
            if (Find(address) is { } made)
                return made.Copy;
            if (_copies.Count >= MaxAddresses)
            {
                var oldest = _copies.MinBy(copy => copy.Value.At);
                if (time.GetElapsedTime(oldest.Value.At, now) < Kept)
                    return (Find(SampleAddress) ?? Add(SampleAddress, now)).Copy;
                _ = _copies.Remove(oldest.Key);
            }

            return Add(address, now).Copy;
        }
    }

    private Made? Find(string address) => _copies.TryGetValue(address, out var made) && !made.Copy.IsFaulted ? made : null;

    private Made Add(string address, long now) =>
        _copies[address] = new Made(Task.Run(async () => Copy(await TextAsync(), address)), now);

    private Task<string> TextAsync()
    {
        lock (_lock)
            return _text = _text is { IsFaulted: false } ? _text : Task.Run(Build);
    }

    private static SharedBytes Copy(string text, string address)
    {
        var named = JsonEncodedText.Encode(address).ToString();
        return new SharedBytes(Encoding.UTF8.GetBytes(text.Replace(SampleAddress, named, StringComparison.Ordinal)));
    }

    private string Build()
    {
        var document = services.GetRequiredService<ISwaggerProvider>().GetSwagger(ContractRegistration.Version);
        using var text = new StringWriter { NewLine = "\n" };
        document.SerializeAsV3(new OpenApiJsonWriter(text));
        return text.ToString();
    }

    /// <param name="At">When it was made, as a timestamp of the clock.</param>
    private sealed record Made(Task<SharedBytes> Copy, long At);
}
