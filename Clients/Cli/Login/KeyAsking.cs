using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ChunkUpload.Client;
using ChunkUpload.Wire;

namespace ChunkUpload.Cli.Login;

/// <summary>
/// Gets a key that a person confirms in the console: by a code that the person compares (RFC 8628), or, with a browser on this machine, by
/// a redirect to it (RFC 8252 with PKCE).
/// </summary>
internal sealed class KeyAsking(Uri service, HttpClient http, Output output)
{
    private const string Rights = "upload read delete list projects";
    private const int SecretBytes = 32;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Uri _base = new(service.AbsoluteUri.TrimEnd('/') + "/");

    /// <summary>The person opens the page anywhere, and this program asks until it is confirmed.</summary>
    public async Task<string> ByCodeAsync(CancellationToken stop)
    {
        var begun = await BeginAsync([], stop);
        if (begun.DeviceCode is not { } device)
            throw Other();
        var address = begun.VerificationUriComplete;
        if (output.IsJson)
        {
            output.Result("", new JsonObject
            {
                ["code"] = begun.UserCode,
                ["address"] = address,
                ["expiresIn"] = begun.ExpiresIn,
            });
        }

        output.Note($"Open this page, and confirm there if it shows the code {begun.UserCode}:\n\n  {address}\n");
        if (!Console.IsErrorRedirected)
            output.Note(TerminalQr.Of(address));
        output.Note($"Waiting for at most {begun.ExpiresIn / 60} minutes ...");

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(TimeSpan.FromSeconds(begun.ExpiresIn + begun.Interval));
        for (var pause = begun.Interval; ;)
        {
            await WaitAsync(TimeSpan.FromSeconds(pause), end.Token, stop);
            try
            {
                var (answer, error) = await PostAsync(
                    "oauth/token",
                    [new("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), new("device_code", device), ClientId],
                    AskingJson.Default.TokenAnswer, end.Token);
                if (answer is not null)
                    return answer.AccessToken;
                if (error!.Error == "slow_down")
                    pause += 5;
                else if (error.Error != "authorization_pending")
                    throw Refused(error);
            }
            catch (TransferException failure) when (failure.IsTransient)
            {
                // The network may come back while the code is good.
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw Expired();
            }
        }
    }

    /// <summary>The browser on this machine opens the page, and brings the answer.</summary>
    public async Task<string> ByBrowserAsync(CancellationToken stop)
    {
        using var answers = new LoopbackAnswer();
        var (verifier, state) = (Secret(), Secret());
        var begun = await BeginAsync(
            [
                new("redirect_uri", answers.Address), new("state", state), new("code_challenge_method", "S256"),
                new("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))),
            ], stop);
        var opened = Browser.Open(begun.VerificationUriComplete);
        output.Note($"{(opened ? "Your browser opens this page" : "Open this page on this machine")}; confirm there if it shows the code "
            + $"{begun.UserCode}:\n\n  {begun.VerificationUriComplete}\n\n"
            + "For a browser on another machine: Ctrl-C, and cu login --no-browser");

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(TimeSpan.FromSeconds(begun.ExpiresIn));
        IReadOnlyDictionary<string, string> fields;
        try
        {
            fields = await answers.WaitAsync(state, end.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw Expired();
        }

        if (fields.GetValueOrDefault("code") is not { } code)
            throw Refused(new ErrorAnswer(fields.GetValueOrDefault("error") ?? "", "It was refused in the browser."));
        while (true)
        {
            try
            {
                var (answer, error) = await PostAsync(
                    "oauth/token",
                    [
                        new("grant_type", "authorization_code"), new("code", code), new("code_verifier", verifier),
                        new("redirect_uri", answers.Address), ClientId,
                    ],
                    AskingJson.Default.TokenAnswer, end.Token);
                return answer?.AccessToken ?? throw Refused(error!);
            }
            catch (TransferException failure) when (failure.IsTransient)
            {
                // If the answer was lost, the service returns the key once more.
                await WaitAsync(Pause, end.Token, stop);
            }
        }
    }

    private static KeyValuePair<string, string> ClientId => new("client_id", $"cu {Target.Version}");

    private static string Secret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    private static async Task WaitAsync(TimeSpan pause, CancellationToken end, CancellationToken stop)
    {
        try
        {
            await Task.Delay(pause, end);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw Expired();
        }
    }

    private async Task<DeviceAnswer> BeginAsync(KeyValuePair<string, string>[] more, CancellationToken stop)
    {
        var (answer, error) = await PostAsync(
            "oauth/device", [ClientId, new("scope", Rights), new("device_name", Environment.MachineName), .. more],
            AskingJson.Default.DeviceAnswer, stop);
        return answer ?? throw Refused(error!);
    }

    private async Task<(T? Answer, ErrorAnswer? Error)> PostAsync<T>(
        string path, KeyValuePair<string, string>[] fields, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        CancellationToken stop)
        where T : class
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_base, path));
            request.Content = new FormUrlEncodedContent(fields);
            request.Headers.Add(ServiceHeaders.Version, ProgramVersions.Text(ProgramVersions.Own));
            using var answer = await http.SendAsync(request, stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            if (answer.IsSuccessStatusCode)
                return (JsonSerializer.Deserialize(text, type) ?? throw Other(), null);
            var error = JsonSerializer.Deserialize(text, AskingJson.Default.ErrorAnswer);
            if (error?.Error is not null)
                return (null, error);
            // A problem of the service (docs/errors.md).
            // These addresses need no key, so that one that asks for it is another.
            var isElsewhere = answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized;
            throw new TransferException(
                isElsewhere ? TransferFailure.NotFound : TransferFailure.Authentication,
                isElsewhere
                    ? $"{service} gives no keys to programs. Is it the address of a service? Else give the key with --key-file."
                    : error?.Detail ?? $"The service answered with {(int)answer.StatusCode}.")
            {
                Code = error?.Code,
                Status = (int)answer.StatusCode,
                IsTransient = (int)answer.StatusCode >= 500,
            };
        }
        catch (JsonException)
        {
            throw Other();
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException
            || (failure is OperationCanceledException && !stop.IsCancellationRequested))
        {
            throw new TransferException(TransferFailure.Network, "No connection to the service, or it broke.", failure)
            {
                IsTransient = true,
            };
        }
    }

    private static TransferException Refused(ErrorAnswer error) => error.Error == "expired_token"
        ? Expired()
        : new TransferException(TransferFailure.Authentication, error.Description ?? "The service gives no key.") { Code = error.Error };

    private static TransferException Expired() =>
        new(TransferFailure.Authentication, "It was not confirmed in time. Run cu login again.") { Code = "expired_token" };

    private static TransferException Other() =>
        new(TransferFailure.NotFound, "Something else than the service has answered.");
}

internal sealed record DeviceAnswer(
    string? DeviceCode, string UserCode, string VerificationUriComplete, int ExpiresIn, int Interval);

internal sealed record TokenAnswer(string AccessToken);

/// <summary>The error of an OAuth answer, or the problem of the service.</summary>
internal sealed record ErrorAnswer(string? Error, [property: JsonPropertyName("error_description")] string? Description)
{
    [JsonPropertyName("code")]
    public string? Code { get; init; }

    [JsonPropertyName("detail")]
    public string? Detail { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DeviceAnswer))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class AskingJson : JsonSerializerContext;
