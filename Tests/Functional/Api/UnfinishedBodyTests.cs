using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Requests without a key whose bodies never end: a fault of the clients and no error of the service.</summary>
public sealed class UnfinishedBodyTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\nhello", false)]
    [InlineData("Content-Length: 1000\r\n\r\nhello", true)]
    [InlineData("Content-Length: 1000000\r\n\r\nhello", false)]
    [InlineData("Content-Length: 1000000\r\n\r\nhello", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhel", false)]
    public async Task An_unfinished_body_without_a_key_is_no_error_of_the_service(string body, bool reset)
    {
        await using var service = await TestService.StartAsync(postgres);
        foreach (var line in new[] { "POST /api/sessions", "PUT /api/files/x", "PATCH /files/0123456789abcdef0123456789abcdef",
            "PUT /uploads/x" })
        {
            for (var i = 0; i < 10; i++)
            {
                using var connection = await RawConnection.OpenAsync(service.Address);
                await connection.SendAsync($"{line} HTTP/1.1\r\nHost: {service.Address.Authority}\r\n{body}");
                if (i % 2 == 0)
                    Assert.Matches("^HTTP/1.1 4[01][0-9] ", await connection.ReadAnswerAsync());
                if (reset)
                    connection.Reset();
                else
                    connection.EndSending();
                if (!reset)
                    _ = await connection.ReadToEndAsync();
            }
        }

        AssertNoErrors(service);
    }

    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\nhello")]
    [InlineData("Content-Length: 1000000\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    public async Task A_body_without_a_key_that_falls_silent_is_no_error_of_the_service(string body)
    {
        await using var service = await TestService.StartAsync(postgres);
        var silent = Enumerable.Range(0, 100).Select(async _ =>
        {
            using var connection = await RawConnection.OpenAsync(service.Address);
            await connection.SendAsync($"PUT /api/files/x HTTP/1.1\r\nHost: {service.Address.Authority}\r\n{body}");
            Assert.StartsWith("HTTP/1.1 401 ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
        });
        await Task.WhenAll(silent);
        AssertNoErrors(service);
    }

    private static void AssertNoErrors(TestService service) => Assert.DoesNotContain(
        service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal)
            || line.StartsWith("Warning", StringComparison.Ordinal));
}
