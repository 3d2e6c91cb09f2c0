using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using FluentValidation;

namespace ChunkUpload.Api.Advisor;

/// <summary>POST /api/advice: before the first byte.</summary>
internal static class AskAdvice
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/advice", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, ChunkAdvisor advisor, IValidator<AdviceRequestBody> validator)
    {
        var read = await JsonBody.ReadAsync(
            context, ApiJson.In.AdviceRequestBody, validator, new AdviceRequestBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        var network = (caller.Network ?? new ClientNetwork("unknown")).With(body);
        return JsonAnswer.Of(advisor.Ask(caller with { Network = network }, body.Size, ProtocolOf(body.Protocol)), ApiJson.Out.Advice);
    }

    private static UploadProtocol ProtocolOf(string? word) => word switch
    {
        "put" => UploadProtocol.Put,
        "tus" => UploadProtocol.Tus,
        "ietf" => UploadProtocol.Ietf,
        _ => UploadProtocol.Session,
    };

    private static EndpointDoc Doc => new(
        AdvisorRoutes.Tag, nameof(AskAdvice), "Ask how to begin",
        """
        Size and number of chunks for an upload that has not begun, from earlier measurements of the caller's network and the caller's
        hints. Every field is optional, and so is the body. A hint moves the first size within narrow bounds, and measurements overrule it.
        The client hints `RTT`, `Downlink`, `ECT` and `Save-Data`, and `Upload-Client`, say the same in headers.
        """)
    {
        Json = new(typeof(AdviceRequestBody), AdvisorRoutes.Question, Required: false),
        Headers =
        [
            new(ClientHints.Own, "A structured dictionary: metered, battery, and how long the last body took to send.",
                "metered, send-ms=1840"),
        ],
        Answers = [new(200, "The advice.", typeof(Advice), Examples.Advice)],
        Errors = [RequestError.RequestTimeout],
    };
}
