using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary>Parses <c>X-HTTP-Method-Override</c>, for clients whose platform cannot send the intended method (T9).</summary>
internal static class MethodOverrideField
{
    private static readonly string[] Methods = [HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Head];

    /// <summary>Returns the intended method; null when it cannot be requested this way. Methods are case-sensitive.</summary>
    public static string? Read(StringValues field)
    {
        if (field.Count != 1)
            return null;
        var value = field[0].AsSpan().Trim(" \t");
        foreach (var method in Methods)
        {
            if (value.SequenceEqual(method))
                return method;
        }

        return null;
    }
}
