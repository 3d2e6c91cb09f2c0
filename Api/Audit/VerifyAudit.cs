using ChunkUpload.Api.Access;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Audit;

namespace ChunkUpload.Api.Audit;

/// <param name="Broken">The first number at which the chain is broken; null if it is intact.</param>
/// <param name="Number">The last number that is valid.</param>
/// <param name="Chain">The value of the chain at that number, in hexadecimal. If it is stored elsewhere, it also shows whether the newest
/// rows are missing.</param>
internal sealed record AuditVerdictView(long? Broken, long Number, string Chain, long Blanked);

/// <summary>GET /api/audit/chain: verifies the chain of the audit's digests.</summary>
internal static class VerifyAudit
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/audit/chain", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Operate).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, AuditChain chain)
    {
        var verdict = await chain.VerifyAsync(null, context.RequestAborted);
        return JsonAnswer.Of(
            new AuditVerdictView(verdict.Broken, verdict.Number, Convert.ToHexStringLower(verdict.Chain), verdict.Blanked),
            ApiJson.Out.AuditVerdictView);
    }

    private static EndpointDoc Doc => new(
        "Access", nameof(VerifyAudit), "Verify the audit",
        """
        Each row of the audit has a digest, and each digest is chained to those before it. A row that was changed, removed or moved breaks
        the chain, and so does one that was hidden: `blanked` rows have no content, and are older than `Audit:KeepFor` or named by an act
        `audit.blanked`, as those of a removed tenant are. Keep `number` and `chain` elsewhere: if a later answer has a smaller number, the
        newest rows were removed.
        """)
    {
        Answers =
        [
            new(200, "The verdict.", typeof(AuditVerdictView), """
                {"broken":null,"number":4711,"chain":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","blanked":0}
                """),
        ],
    };
}
