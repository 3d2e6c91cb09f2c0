using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Wire;
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
    private readonly Dictionary<string, Task<SharedBytes>> _copies = new(StringComparer.Ordinal);
    private Task<string>? _text;

    /// <summary>Returns the contract with the address by which this client reaches the service.</summary>
    public Task<SharedBytes> ForAsync(HttpRequest request)
    {
        var address = PublicAddress.Of(request, "");
        lock (_lock)
        {
            if (_copies.TryGetValue(address, out var copy))
                return copy;
            if (_copies.Count >= MaxAddresses)
                address = SampleAddress;
            if (!_copies.TryGetValue(address, out copy))
                _copies[address] = copy = Task.Run(async () => Copy(await TextAsync(), address));
            return copy;
        }
    }

    private Task<string> TextAsync()
    {
        lock (_lock)
            return _text ??= Task.Run(Build);
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
}
