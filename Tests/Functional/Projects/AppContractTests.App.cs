using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Projects;

public sealed partial class AppContractTests
{
    private sealed class App(HttpClient client)
    {
        public async Task<JsonElement> SendAsync(string method, string path, object? body, int status, string? code = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path)
            {
                Content = body is null ? null : JsonContent.Create(body),
            };
            using var answer = await client.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
            if (text.Length == 0)
                return default;
            var json = JsonDocument.Parse(text).RootElement.Clone();
            if (code is not null)
                Assert.Equal(code, json.GetProperty("code").GetString());
            // Sessions are older than the contract, and errors have the form of RFC 9457.
            else if (!path.StartsWith("/api/sessions", StringComparison.Ordinal))
                Look(json, "");
            return json;
        }

        public async Task<int> StatusAsync(string method, string path, object body)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = JsonContent.Create(body) };
            using var answer = await client.SendAsync(request);
            return (int)answer.StatusCode;
        }

        public Task<HttpResponseMessage> GetAsync(string path, RangeHeaderValue? range = null, string? match = null)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Range = range;
            if (match is not null)
                request.Headers.TryAddWithoutValidation("If-Match", match);
            return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }

        public async Task PutAsync(string path, byte[] bytes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new ByteArrayContent(bytes) };
            request.Headers.TryAddWithoutValidation("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData(bytes)));
            using var answer = await client.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }

        public async Task<Ear> ListenAsync(TestService service, string path)
        {
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Authorization", client.DefaultRequestHeaders.Authorization!.ToString());
            await socket.ConnectAsync(new Uri($"ws://{service.Address.Authority}{path}"), default);
            return new Ear(socket);
        }
    }

    private sealed class Ear(ClientWebSocket socket) : IAsyncDisposable
    {
        /// <summary>Waits for a message of a type; each on the way must be an object of type and data, and nothing else.</summary>
        public async Task<JsonElement> UntilAsync(string type, string? path = null)
        {
            using var patience = new CancellationTokenSource(Eventually.Limit);
            while (true)
            {
                using var whole = new MemoryStream();
                var buffer = new byte[64 << 10];
                WebSocketReceiveResult got;
                do
                {
                    got = await socket.ReceiveAsync(buffer, patience.Token);
                    Assert.NotEqual(WebSocketMessageType.Close, got.MessageType);
                    whole.Write(buffer, 0, got.Count);
                }
                while (!got.EndOfMessage);

                var message = JsonDocument.Parse(whole.ToArray()).RootElement;
                Assert.Equal(["type", "data"], message.EnumerateObject().Select(field => field.Name));
                var data = message.GetProperty("data");
                Look(data, "");
                if (message.GetProperty("type").GetString() == type
                    && (path is null || data.GetProperty("path").GetString() == path))
                    return data.Clone();
            }
        }

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
