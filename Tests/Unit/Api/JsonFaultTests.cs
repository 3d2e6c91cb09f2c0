using System.Text.Json;
using ChunkUpload.Api.Wire;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class JsonFaultTests
{
    [Fact]
    public void A_body_that_ends_too_early_is_not_called_too_deep()
    {
        Assert.StartsWith("The body is not valid JSON", Describe("{"), StringComparison.Ordinal);
        Assert.Equal("The JSON is nested too deeply.", Describe(new string('[', 200)));
    }

    private static string Describe(string json) => JsonFault.Describe(Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<JsonElement>(json)));
}
