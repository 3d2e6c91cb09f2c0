using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary><c>X-HTTP-Method-Override</c>, for clients whose platform cannot send the method that they mean (T9).</summary>
internal static class MethodOverrideField
{
    private static readonly string[] Methods = [HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Head];

    /// <summary>
    /// The method that is meant; null when it is none of those that can be asked for in this way. Case matters, as in any method.
    /// </summary>
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
