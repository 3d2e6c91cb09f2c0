using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Health;
using ChunkUpload.Api.Jobs;
using ChunkUpload.Api.Sessions;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api;

/// <summary>
/// The shapes on the wire, generated at build time. Strict on the way in: no unknown and no double field, few levels; on the way out
/// camelCase, and null is written so that a client sees every name.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 16,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(NewSessionBody))]
[JsonSerializable(typeof(CompleteBody))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(CompletedView))]
[JsonSerializable(typeof(ReceiptView))]
[JsonSerializable(typeof(ListOf<SessionView>))]
[JsonSerializable(typeof(ListOf<ChunkView>))]
[JsonSerializable(typeof(ListOf<RangeView>))]
[JsonSerializable(typeof(FileView))]
[JsonSerializable(typeof(ListOf<FileView>))]
[JsonSerializable(typeof(Advice))]
[JsonSerializable(typeof(AdviceRequestBody))]
[JsonSerializable(typeof(ListOf<AdviceStepView>))]
[JsonSerializable(typeof(ListOf<NetworkView>))]
[JsonSerializable(typeof(JobView))]
[JsonSerializable(typeof(ListOf<JobView>))]
[JsonSerializable(typeof(ListOf<JobRunView>))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(CursorText))]
[JsonSerializable(typeof(SignInBody))]
[JsonSerializable(typeof(SignInView))]
[JsonSerializable(typeof(SignedInView))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>For answers.</summary>
    public static ApiJson Out => Relaxed.Context;

    /// <summary>For bodies of requests.</summary>
    public static ApiJson In => Default;

    // A class of its own: the generated Default is set before anything here is asked for.
    private static class Relaxed
    {
        // Names in any script are readable in the answer; nothing here is ever written into a page.
        public static readonly ApiJson Context =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
